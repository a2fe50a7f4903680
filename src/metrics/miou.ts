import { bootstrapInterval, type Difference } from "./bootstrap.js";
import type { Figure } from "./metric.js";

/** The label of pixels that do not count. */
export const IGNORED_LABEL = 255;

/** The pixels of one image by class: [classes] each. */
export interface PixelCounts {
  /** Pixels of the class in the annotation. */
  readonly annotated: Float64Array;
  /** Pixels of the class in the prediction. */
  readonly predicted: Float64Array;
  /** Pixels of the class in both. */
  readonly shared: Float64Array;
}

/** Intersection over union, 0 to 1, by class and its mean. */
export interface MeanIou {
  /** By class index; null if the class occurs in no annotation and no prediction. */
  readonly classes: readonly (number | null)[];
  /** The mean over the classes that occur; NaN if none does. */
  readonly mean: number;
}

/**
 * Counts the pixels of an image by annotated and predicted class. Pixels whose annotation is 255 do not count; a predicted
 * class out of range is wrong wherever it occurs.
 * @throws RangeError when the sizes differ, or an annotation contains a class that is not in 0..classes-1.
 */
export function pixelCounts(
  annotation: ArrayLike<number>,
  prediction: ArrayLike<number>,
  classes: number,
): PixelCounts {
  if (annotation.length !== prediction.length)
    throw new RangeError(`an annotation has ${annotation.length} pixels and its prediction ${prediction.length}`);
  const counts = [new Float64Array(classes), new Float64Array(classes), new Float64Array(classes)] as const;
  const [annotated, predicted, shared] = counts;
  for (let i = 0; i < annotation.length; i++) {
    const [label, found] = [annotation[i] as number, prediction[i] as number];
    if (label === IGNORED_LABEL) continue;
    if (label >= classes) throw new RangeError(`an annotation contains class ${label}; there are ${classes} classes`);
    (annotated[label] as number)++;
    if (found < classes) (predicted[found] as number)++;
    if (found === label) (shared[label] as number)++;
  }
  return { annotated, predicted, shared };
}

/** Mean intersection over union of images. @param copies how often each image counts. Default: once. */
export function meanIou(images: readonly PixelCounts[], copies?: Uint32Array): MeanIou {
  const total = (key: keyof PixelCounts, index: number) =>
    images.reduce((sum, image, i) => sum + (image[key][index] as number) * (copies?.[i] ?? 1), 0);
  const classes = Array.from({ length: images[0]?.annotated.length ?? 0 }, (_, index) => {
    const shared = total("shared", index);
    const union = total("annotated", index) + total("predicted", index) - shared;
    return union === 0 ? null : shared / union;
  });
  const known = classes.filter((value) => value !== null);
  return { classes, mean: known.reduce((sum, value) => sum + value, 0) / known.length };
}

/** How the interval of a mean intersection over union is found: seed of the resampling and number of resamples. */
export interface MeanIouOptions {
  readonly seed?: number;
  readonly resamples?: number;
}

/** Mean intersection over union with the 95 % interval of the percentile bootstrap over images. */
export function meanIouWithInterval(images: readonly PixelCounts[], options: MeanIouOptions = {}): Figure {
  const interval = bootstrapInterval(images.length, (copies) => meanIou(images, copies).mean, options);
  return { value: meanIou(images).mean, ...interval };
}

/**
 * Difference of the means of two predictions for the same images, with the 95 % interval of the paired bootstrap.
 * @throws RangeError when the two have different numbers of images.
 */
export function meanIouDifference(
  a: readonly PixelCounts[],
  b: readonly PixelCounts[],
  options: MeanIouOptions = {},
): Difference {
  if (a.length !== b.length)
    throw new RangeError(`a paired comparison needs equally many images; given: ${a.length} and ${b.length}`);
  const difference = (copies?: Uint32Array) => meanIou(a, copies).mean - meanIou(b, copies).mean;
  return { difference: difference(), ...bootstrapInterval(a.length, difference, options) };
}
