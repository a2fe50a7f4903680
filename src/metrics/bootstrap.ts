import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";

/** The 0.975 quantile of the normal distribution. */
const z = 1.959963984540054;

/** Wilson's 95 % confidence interval for a proportion, 0..1; [0, 1] when n is 0. */
export function wilson(successes: number, n: number): [low: number, high: number] {
  if (n === 0) return [0, 1];
  const proportion = successes / n;
  const center = proportion + z ** 2 / (2 * n);
  const spread = z * Math.sqrt((proportion * (1 - proportion)) / n + z ** 2 / (4 * n ** 2));
  const scale = 1 + z ** 2 / n;
  return [Math.max(0, (center - spread) / scale), Math.min(1, (center + spread) / scale)];
}

/** The difference of two means, in the unit of the values. */
export interface Difference {
  /** mean(a) - mean(b). */
  difference: number;
  /** Its 95 % confidence interval. */
  low: number;
  high: number;
}

/**
 * mean(a) - mean(b) over the same images, with the 95 % interval of the percentile bootstrap: images are sampled
 * with replacement, `resamples` times. The same seed gives the same interval.
 * @throws RangeError when there are no values, or `a` and `b` differ in length.
 */
export function pairedBootstrap(a: readonly number[], b: readonly number[], seed = 0, resamples = 10_000): Difference {
  if (a.length !== b.length || a.length === 0)
    throw new RangeError(`a paired comparison needs equally many values; given: ${a.length} and ${b.length}`);
  const differences = Float64Array.from(a, (value, i) => value - (b[i] as number));
  const random = xoroshiro128plus(seed);
  const means = new Float64Array(resamples);
  for (let r = 0; r < resamples; r++) {
    let sum = 0;
    for (let i = 0; i < a.length; i++) sum += differences[integerBelow(a.length, random)] as number;
    means[r] = sum / a.length;
  }
  const difference = differences.reduce((sum, value) => sum + value, 0) / a.length;
  return { difference, ...percentiles(means) };
}

/**
 * The 95 % interval of the percentile bootstrap for a figure that is no mean over images: `n` images are sampled with
 * replacement, `resamples` times. Resamples whose figure is NaN are left out. The same seed gives the same interval.
 * @param figureOf the figure of a resample, given how often it contains each image.
 */
export function bootstrapInterval(
  n: number,
  figureOf: (copies: Uint32Array) => number,
  { seed = 0, resamples = 1000 }: { readonly seed?: number; readonly resamples?: number } = {},
): { low: number; high: number } {
  const random = xoroshiro128plus(seed);
  const copies = new Uint32Array(n);
  const figures = new Float64Array(resamples);
  for (let r = 0; r < resamples; r++) {
    copies.fill(0);
    for (let i = 0; i < n; i++) (copies[integerBelow(n, random)] as number)++;
    figures[r] = figureOf(copies);
  }
  return percentiles(figures.filter((figure) => !Number.isNaN(figure)));
}

const integerBelow = (n: number, random: { next(): number }): number =>
  Math.floor(((random.next() >>> 0) / 2 ** 32) * n);

/** The 0.025 and 0.975 quantiles; NaN without values. Sorts the values. */
export function percentiles(values: Float64Array): { low: number; high: number } {
  values.sort();
  return { low: quantile(values, 0.025), high: quantile(values, 0.975) };
}

/** Of sorted values, interpolated linearly between neighbors. */
export function quantile(sorted: Float64Array, q: number): number {
  const position = q * (sorted.length - 1);
  const below = sorted[Math.floor(position)] ?? Number.NaN;
  const above = sorted[Math.ceil(position)] ?? Number.NaN;
  return below + (above - below) * (position - Math.floor(position));
}
