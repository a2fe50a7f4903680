import { bootstrapInterval, percentiles } from "../metrics/bootstrap.js";
import type { Interval } from "./interval.js";

/** Resamples of the images for the intervals of figures that are no means over images. */
export const RESAMPLES = 1000;

/** A figure over images, as a share from 0 to 1, of all images or of a resample that contains each of them so often. */
type FigureOf = (copies?: Uint32Array) => number;

/** A number with its values in resamples of the images. */
export interface Resampled {
  readonly value: number;
  readonly samples: Float64Array;
}

/** A figure with its values in resamples of the images. Figures of the same images and seed have the same resamples. */
export interface ResampledFigure extends Resampled {
  readonly images: number;
  readonly seed: number;
  /** In percent; null: the figure is not defined. */
  readonly percent: number | null;
  readonly ci95: Interval;
}

/** Computes a figure and its 95 % interval of the percentile bootstrap over images. */
export function resampledFigure(images: number, figureOf: FigureOf, seed: number): ResampledFigure {
  const samples = new Float64Array(RESAMPLES);
  let resample = 0;
  const kept = (copies: Uint32Array): number => {
    const value = figureOf(copies);
    samples[resample++] = value;
    return value;
  };
  const interval = bootstrapInterval(images, kept, { seed, resamples: RESAMPLES });
  const value = figureOf();
  return { images, seed, value, samples, percent: percentOf(value), ci95: percentInterval(interval) };
}

/** A figure minus another of the same images, in percentage points, with the interval of the paired bootstrap. */
export function resampledDifference(a: ResampledFigure, b: ResampledFigure) {
  let resample = 0;
  const difference = (): number => {
    const value = (a.samples[resample] as number) - (b.samples[resample] as number);
    resample++;
    return value;
  };
  const interval = bootstrapInterval(a.images, difference, { seed: a.seed, resamples: RESAMPLES });
  return { points: percentOf(a.value - b.value), ci95: percentInterval(interval) };
}

/** What `combine` makes of numbers with the same resamples, in all images and in each resample. */
export const combined = (numbers: readonly Resampled[], combine: (...values: number[]) => number): Resampled => ({
  value: combine(...numbers.map(({ value }) => value)),
  samples: Float64Array.from(numbers[0]?.samples ?? [], (_, r) =>
    combine(...numbers.map(({ samples }) => samples[r] as number)),
  ),
});

/** A share without the rounding errors of sums in another order: equal shares must be equal, and their difference 0. */
export const toTwelveDecimals = (share: number): number => Math.round(share * 1e12) / 1e12;

/** The 95 % interval of a share, in percent, over the resamples in which it is finite; null: it is not defined. */
export const intervalOf = ({ value, samples }: Resampled): Interval =>
  Number.isFinite(value) ? percentInterval(percentiles(samples.filter(Number.isFinite))) : null;

/** A share in percent; null: it is not defined. */
export const percentOf = (share: number): number | null => (Number.isFinite(share) ? 100 * share : null);

const percentInterval = ({ low, high }: { readonly low: number; readonly high: number }): Interval =>
  Number.isNaN(low) || Number.isNaN(high) ? null : [100 * low, 100 * high];
