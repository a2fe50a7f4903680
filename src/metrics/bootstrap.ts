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
    for (let i = 0; i < a.length; i++)
      sum += differences[Math.floor(((random.next() >>> 0) / 2 ** 32) * a.length)] as number;
    means[r] = sum / a.length;
  }
  means.sort();
  const difference = differences.reduce((sum, value) => sum + value, 0) / a.length;
  return { difference, low: quantile(means, 0.025), high: quantile(means, 0.975) };
}

/** Of sorted values, interpolated linearly between neighbors. */
function quantile(sorted: Float64Array, q: number): number {
  const position = q * (sorted.length - 1);
  const below = sorted[Math.floor(position)] as number;
  const above = sorted[Math.ceil(position)] as number;
  return below + (above - below) * (position - Math.floor(position));
}
