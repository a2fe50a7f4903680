/* Distances to figures, with operations that every machine rounds alike (see canvas.ts). */

export type Point = readonly [x: number, y: number];

/** Points from alternating coordinates x, y, x, y, … */
export const pointsOf = (...xy: number[]): Point[] =>
  Array.from({ length: xy.length / 2 }, (_, i) => [xy[2 * i] as number, xy[2 * i + 1] as number]);

/** From (x, y) to (x + dx, y + dy); `squared` is its squared length. */
interface Segment {
  readonly x: number;
  readonly y: number;
  readonly dx: number;
  readonly dy: number;
  readonly squared: number;
}

/** The signed or unsigned distance from a point to a figure. */
export type Distance = (x: number, y: number) => number;

/** The offset from the midpoint between the two neighboring whole numbers, in [-0.5, 0.5). */
export const aboutMiddle = (x: number): number => x - Math.floor(x) - 0.5;

/** The distance to polylines, each through its points in order. */
export function toLines(lines: readonly (readonly Point[])[]): Distance {
  const segments = lines.flatMap(segmentsOf);
  return (x, y) => Math.sqrt(nearest(segments, x, y));
}

/** The signed distance to the edge of a polygon: below 0 inside, where a ray to the right crosses an odd number of sides. */
export function toPolygon(corners: readonly Point[]): Distance {
  const sides = segmentsOf([...corners, corners[0] as Point]);
  return (x, y) => {
    let inside = false;
    for (const side of sides)
      if (side.y > y !== side.y + side.dy > y && x < side.x + ((y - side.y) / side.dy) * side.dx) inside = !inside;
    const distance = Math.sqrt(nearest(sides, x, y));
    return inside ? -distance : distance;
  };
}

const segmentsOf = (points: readonly Point[]): Segment[] =>
  points.slice(1).map(([toX, toY], i) => {
    const [x, y] = points[i] as Point;
    const [dx, dy] = [toX - x, toY - y];
    return { x, y, dx, dy, squared: dx * dx + dy * dy };
  });

/** The squared distance to the nearest segment. */
function nearest(segments: readonly Segment[], x: number, y: number): number {
  let least = Number.POSITIVE_INFINITY;
  for (const segment of segments) {
    const [px, py] = [x - segment.x, y - segment.y];
    const along = Math.min(Math.max((px * segment.dx + py * segment.dy) / segment.squared, 0), 1);
    const [rx, ry] = [px - along * segment.dx, py - along * segment.dy];
    least = Math.min(least, rx * rx + ry * ry);
  }
  return least;
}
