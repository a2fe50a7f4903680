/** How far apart two values are: `nominal` equal or not, `ordinal` by the values between them, `interval` by their difference. */
export type Level = "nominal" | "ordinal" | "interval";

/**
 * Krippendorff's α: 1 is full agreement, 0 that of chance. Missing values are allowed; units with fewer than two values do not
 * count. Source: Krippendorff 2011, "Computing Krippendorff's alpha-reliability".
 * @param units the values of each unit, from any coders; null: missing. For `nominal` a number is only a name.
 * @returns null if no two values can be compared, or all are equal, so that chance has no disagreement.
 */
export function krippendorffAlpha(units: readonly (readonly (number | null)[])[], level: Level): number | null {
  const pairable = units.map((unit) => unit.filter((value) => value !== null)).filter(({ length }) => length >= 2);
  const values = [...new Set(pairable.flat())].sort((a, b) => a - b);
  const counts = pairable.map((unit) => values.map((value) => unit.filter((each) => each === value).length));
  const totals = values.map((_, v) => counts.reduce((sum, unit) => sum + (unit[v] as number), 0));
  const all = totals.reduce((sum, total) => sum + total, 0);
  const distance = distanceOf(level, values, totals);
  const observed = counts.reduce(
    (sum, unit, u) => sum + disagreement(unit, distance) / ((pairable[u]?.length ?? 0) - 1),
    0,
  );
  const expected = disagreement(totals, distance) / (all - 1);
  return expected > 0 ? 1 - observed / expected : null;
}

type Distance = (a: number, b: number) => number;

/** The sum of distances over all ordered pairs of values, which occur this often. */
function disagreement(counts: readonly number[], distance: Distance): number {
  let sum = 0;
  for (const [a, first] of counts.entries())
    if (first > 0) for (const [b, second] of counts.entries()) if (a !== b) sum += first * second * distance(a, b);
  return sum;
}

/** The squared difference of the values of two indices. */
function distanceOf(level: Level, values: readonly number[], totals: readonly number[]): Distance {
  if (level === "nominal") return (a, b) => (a === b ? 0 : 1);
  const ranks = values.map((_, v) => totals.slice(0, v).reduce((sum, total) => sum + total, (totals[v] as number) / 2));
  const scale = level === "ordinal" ? ranks : values;
  return (a, b) => ((scale[a] as number) - (scale[b] as number)) ** 2;
}
