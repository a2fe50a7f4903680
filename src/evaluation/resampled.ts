import { bootstrapInterval } from "../metrics/bootstrap.js";
import type { Interval } from "./evaluation.js";

/** Resamples of the images for the intervals of figures that are no means over images. */
export const RESAMPLES = 1000;

/** A figure over images, as a share from 0 to 1, of all images or of a resample that contains each of them so often. */
type FigureOf = (copies?: Uint32Array) => number;

/** A figure with its values in resamples of the images. Figures of the same images and seed have the same resamples. */
export interface ResampledFigure {
  readonly images: number;
  readonly seed: number;
  readonly value: number;
  readonly samples: Float64Array;
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

const percentOf = (share: number): number | null => (Number.isNaN(share) ? null : 100 * share);

const percentInterval = ({ low, high }: { readonly low: number; readonly high: number }): Interval =>
  Number.isNaN(low) || Number.isNaN(high) ? null : [100 * low, 100 * high];
