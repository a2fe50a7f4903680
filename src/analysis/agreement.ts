/** How far two recognizers predict the same classes at the same points. */
export interface Agreement {
  /** The share of points with the same class, 0 to 1. */
  readonly raw: number;
  /** Cohen's κ; null where chance alone agrees everywhere, because both predict one and the same class at all points. */
  readonly kappa: number | null;
}

/**
 * The agreement of two predictions at the same points, and Cohen's κ = (raw - chance) / (1 - chance), where chance is the
 * agreement of independent predictions with the same frequencies of classes (Cohen 1960).
 */
export function agreementOf(a: readonly number[], b: readonly number[]): Agreement {
  const points = a.length;
  const raw = a.filter((predicted, i) => predicted === b[i]).length / points;
  const [counts, others] = [countsOf(a), countsOf(b)];
  let pairs = 0;
  for (const [predicted, count] of counts) pairs += count * (others.get(predicted) ?? 0);
  const chance = pairs / points ** 2;
  return { raw, kappa: pairs === points ** 2 ? null : (raw - chance) / (1 - chance) };
}

function countsOf(classes: readonly number[]): Map<number, number> {
  const counts = new Map<number, number>();
  for (const each of classes) counts.set(each, (counts.get(each) ?? 0) + 1);
  return counts;
}

/**
 * Fragmentation of a map: its number of connected regions of one class, where points are connected to the ones left, right,
 * above and below.
 * @param map classes in row-major order.
 * @param width points in a row.
 */
export function regionsOf(map: readonly number[], width: number): number {
  const seen = new Uint8Array(map.length);
  let regions = 0;
  for (const start of map.keys()) {
    if (seen[start]) continue;
    regions++;
    const open = [start];
    seen[start] = 1;
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      const column = at % width;
      const beside = [column > 0 ? at - 1 : -1, column < width - 1 ? at + 1 : -1, at - width, at + width];
      for (const next of beside) {
        if (next < 0 || next >= map.length || seen[next] || map[next] !== map[at]) continue;
        seen[next] = 1;
        open.push(next);
      }
    }
  }
  return regions;
}
