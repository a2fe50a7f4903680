/**
 * The detections of one class from the highest to the lowest score, compared with the objects of their images. Detections
 * that count neither way are left out.
 */
export interface RankedMatches {
  /** Index of the class. */
  readonly class: number;
  /** The image of each detection. */
  readonly images: Uint32Array;
  /** The positions of the true positives among the detections, in ascending order; the others are false positives. */
  readonly hits: Uint32Array;
  /** Number of objects to be found in each image; images without any are left out. */
  readonly positives: ReadonlyMap<number, number>;
}

/** Recall and precision at each true positive, from the highest to the lowest score. */
export interface Curve {
  readonly recall: Float64Array;
  /** The highest precision at this recall or a higher one. */
  readonly precision: Float64Array;
}

/** A resample of the images. */
export interface Resample {
  /** How often it contains each image. */
  readonly copies: Uint32Array;
  /** By position: the number of detections up to this one, each as often as its image: see `countUp`. */
  readonly totals: Uint32Array;
}

/** Writes to `totals` how many detections there are up to each one, if each image counts as often as `copies` has it. */
export function countUp(images: Uint32Array, copies: Uint32Array, totals: Uint32Array): void {
  let total = 0;
  for (let i = 0; i < images.length; i++) {
    total += copies[images[i] as number] as number;
    totals[i] = total;
  }
}

/** Number of objects to be found. @param copies how often each image counts. Default: once. */
export function positivesOf({ positives }: Pick<RankedMatches, "positives">, copies?: Uint32Array): number {
  let count = 0;
  for (const [image, objects] of positives) count += objects * (copies ? (copies[image] as number) : 1);
  return count;
}

/** The precision-recall curve of one class, from the positions of its true positives. @param positives more than 0. */
export function curveOf(hits: ArrayLike<number>, positives: number): Curve {
  const [recall, precision] = [new Float64Array(hits.length), new Float64Array(hits.length)];
  for (let i = 0; i < hits.length; i++) {
    recall[i] = (i + 1) / positives;
    precision[i] = (i + 1) / ((hits[i] as number) + 1);
  }
  return nonIncreasing({ recall, precision });
}

/** The precision-recall curve of one class in a resample of the images. @param positives more than 0. */
export function resampledCurve({ images, hits }: RankedMatches, positives: number, resample: Resample): Curve {
  const { copies, totals } = resample;
  const [recall, precision] = [new Float64Array(hits.length), new Float64Array(hits.length)];
  let found = 0;
  for (let i = 0; i < hits.length; i++) {
    const position = hits[i] as number;
    found += copies[images[position] as number] as number;
    recall[i] = found / positives;
    precision[i] = found === 0 ? 0 : found / (totals[position] as number);
  }
  return nonIncreasing({ recall, precision });
}

/** Raises each precision to the highest one at this recall or a higher one. */
function nonIncreasing(curve: Curve): Curve {
  const { precision } = curve;
  for (let i = precision.length - 2; i >= 0; i--)
    if ((precision[i] as number) < (precision[i + 1] as number)) precision[i] = precision[i + 1] as number;
  return curve;
}

/** Average precision of a curve, 0 to 1. */
export type AveragePrecision = (curve: Curve) => number;

/** The mean precision at recalls of at least each of these, in ascending order; 0 where no recall is that high. */
export const atRecalls =
  (levels: readonly number[]): AveragePrecision =>
  ({ recall, precision }) => {
    let [sum, at] = [0, 0];
    for (const level of levels) {
      while (at < recall.length && (recall[at] as number) < level) at++;
      if (at === recall.length) break;
      sum += precision[at] as number;
    }
    return sum / levels.length;
  };

/** The area under the curve whose precision does not rise with recall (VOC 2010 and later). */
export const areaUnder: AveragePrecision = ({ recall, precision }) => {
  let [area, before] = [0, 0];
  for (let i = 0; i < recall.length; i++) {
    area += ((recall[i] as number) - before) * (precision[i] as number);
    before = recall[i] as number;
  }
  return area;
};

/** The mean of the average precisions of the classes that have objects to be found; null if none has. */
export function meanOver(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length;
}
