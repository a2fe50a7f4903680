import { perValue } from "../../../images/planar.js";
import { withGaussianNoise } from "../denoise.js";
import { bySeverity } from "./severity.js";

/** The noise corruptions of ImageNet-C. The noise of each value is independent. */
export const noises = {
  /** Parameter: standard deviation, image range [0, 1]. */
  "gaussian-noise": bySeverity([0.08, 0.12, 0.18, 0.26, 0.38], withGaussianNoise),

  /** Poisson noise. Parameter: number of photons at value 1. */
  "shot-noise": bySeverity([60, 25, 12, 5, 3], (clean, photons, random) => {
    const tables = Array.from({ length: 256 }, (_, byte) => cumulativePoisson((byte / 255) * photons));
    return perValue(clean, (value) => {
      const table = tables[Math.round(value * 255)] as Float64Array;
      return firstAbove(table, random.uniform()) / photons;
    });
  }),

  /** Salt-and-pepper noise. Parameter: share of values replaced by 0 or 1. */
  "impulse-noise": bySeverity([0.03, 0.06, 0.09, 0.17, 0.27], (clean, share, random) =>
    perValue(clean, (value) => (random.uniform() < share ? random.integer(2) : value)),
  ),
};

/** The cumulative distribution of a Poisson variable at 0, 1, 2, …, up to ten standard deviations above the mean. */
export function cumulativePoisson(mean: number): Float64Array {
  const table = new Float64Array(Math.ceil(mean + 10 * Math.sqrt(mean)) + 1);
  let probability = Math.exp(-mean);
  let sum = 0;
  for (let count = 0; count < table.length; count++) {
    sum += probability;
    table[count] = sum;
    probability *= mean / (count + 1);
  }
  return table;
}

/** Index of the first entry above `value` in an ascending table, or of the last entry if there is none. */
function firstAbove(table: Float64Array, value: number): number {
  let [low, high] = [0, table.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((table[middle] as number) > value) high = middle;
    else low = middle + 1;
  }
  return low;
}
