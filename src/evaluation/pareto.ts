/**
 * Marks the points of the Pareto front: those for which no other point is as good in both measures and better in one.
 * @param points two measures each, of which more is better.
 */
export const paretoFront = (points: readonly (readonly [number, number])[]): boolean[] =>
  points.map(([a, b]) => !points.some(([x, y]) => x >= a && y >= b && (x > a || y > b)));
