/**
 * The detections of one class from the highest to the lowest score, each compared with the objects of its image. A
 * detection that counts neither way is left out.
 */
export interface RankedMatches {
  /** Index of the class. */
  readonly class: number;
  /** The image of each detection. */
  readonly images: Uint32Array;
  /** 1 for a true positive, 0 for a false positive. */
  readonly correct: Uint8Array;
  /** Number of objects to be found in each image; images without any are left out. */
  readonly positives: ReadonlyMap<number, number>;
}

/** Recall and precision at each true positive, from the highest to the lowest score. */
export interface Curve {
  /** Number of true positives: the length of the part of `recall` and `precision` that is filled. */
  length: number;
  readonly recall: Float64Array;
  /** The highest precision at this recall or a higher one. */
  readonly precision: Float64Array;
}

/** A buffer for the curves of these matches. */
export const curveFor = ({ images }: RankedMatches): Curve => ({
  length: 0,
  recall: new Float64Array(images.length),
  precision: new Float64Array(images.length),
});

/** Number of objects to be found. @param copies how often each image counts. Default: once. */
export function positivesOf({ positives }: Pick<RankedMatches, "positives">, copies?: Uint32Array): number {
  let count = 0;
  for (const [image, objects] of positives) count += objects * (copies ? (copies[image] as number) : 1);
  return count;
}

/**
 * Computes the precision-recall curve of one class.
 * @param positives number of objects to be found, more than 0.
 * @param copies how often each image counts. Default: once.
 */
export function fillCurve(curve: Curve, matches: RankedMatches, positives: number, copies?: Uint32Array): Curve {
  const { images, correct } = matches;
  const { recall, precision } = curve;
  let [found, total, length] = [0, 0, 0];
  for (let i = 0; i < images.length; i++) {
    const count = copies ? (copies[images[i] as number] as number) : 1;
    if (count === 0) continue;
    total += count;
    if (correct[i] === 0) continue;
    found += count;
    recall[length] = found / positives;
    precision[length++] = found / total;
  }
  for (let i = length - 2; i >= 0; i--)
    if ((precision[i] as number) < (precision[i + 1] as number)) precision[i] = precision[i + 1] as number;
  curve.length = length;
  return curve;
}

/** Average precision of a curve, 0 to 1. */
export type AveragePrecision = (curve: Curve) => number;

/** The mean precision at recalls of at least each of these, in ascending order; 0 where no recall is that high. */
export const atRecalls =
  (levels: readonly number[]): AveragePrecision =>
  ({ length, recall, precision }) => {
    let [sum, at] = [0, 0];
    for (const level of levels) {
      while (at < length && (recall[at] as number) < level) at++;
      if (at === length) break;
      sum += precision[at] as number;
    }
    return sum / levels.length;
  };

/** The area under the curve whose precision does not rise with recall (VOC 2010 and later). */
export const areaUnder: AveragePrecision = ({ length, recall, precision }) => {
  let [area, before] = [0, 0];
  for (let i = 0; i < length; i++) {
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
