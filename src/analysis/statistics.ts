import { pairedBootstrap } from "../metrics/bootstrap.js";

/** A mean over images with the 95 % interval of a bootstrap over images. */
export interface MeanInterval {
  /** Number of images; with none, mean and interval are null. */
  readonly n: number;
  readonly mean: number | null;
  readonly ci95: readonly [low: number, high: number] | null;
}

/** The mean of values and its interval. The same seed gives the same interval. */
export function meanInterval(values: readonly number[], seed: number): MeanInterval {
  const n = values.length;
  if (n === 0) return { n, mean: null, ci95: null };
  const { difference, low, high } = pairedBootstrap(
    values,
    values.map(() => 0),
    seed,
    2000,
  );
  return { n, mean: difference, ci95: [low, high] };
}
