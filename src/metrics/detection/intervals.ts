import { bootstrapInterval, type Difference } from "../bootstrap.js";
import type { Figure } from "../metric.js";
import type { DetectionProblem } from "./boxes.js";
import { cocoMatches, hundredAndOnePoints } from "./coco.js";
import { overlaps } from "./coco-matches.js";
import { areaUnder, countUp, curveOf, meanOver, positivesOf, type RankedMatches, resampledCurve } from "./matches.js";
import { elevenPoints, type VocOptions, vocMatches } from "./voc.js";

/**
 * Means of average precision over classes: `map11` and `map` of PASCAL VOC, with eleven points and as area under the curve;
 * `AP`, `AP50` and `AP75` of COCO.
 */
export const meanPrecisions = ["map11", "map", "AP", "AP50", "AP75"] as const;
/** The name of a mean of average precision. */
export type MeanPrecision = (typeof meanPrecisions)[number];

/** A mean of average precision, and how its interval is found. `iou` and `inclusive` are read for VOC's figures only. */
export interface IntervalOptions extends VocOptions {
  /** Default: map11. */
  readonly figure?: MeanPrecision;
  /** Seed of the resampling. Default: 0. */
  readonly seed?: number;
  /** Default: 1000. */
  readonly resamples?: number;
}

/** A mean of average precision in a resample of the images, given how often it contains each image; NaN without objects. */
export type MeanPrecisionOf = (copies?: Uint32Array) => number;

/** Compares detections with objects once, so that the mean average precision of many resamples is fast to compute. */
export function meanPrecisionOf(problem: DetectionProblem, options: IntervalOptions = {}): MeanPrecisionOf {
  const { figure = "map11" } = options;
  const matches = matchesFor(problem, figure, options);
  const averagePrecision = { map11: elevenPoints, map: areaUnder }[figure as string] ?? hundredAndOnePoints;
  // Totals depend on the ranked images alone, which a class has in common at all overlaps if no detection is ignored.
  const totals = new Map(matches.map(({ images }) => [images, new Uint32Array(images.length)]));
  return (copies) => {
    if (copies) for (const [images, counts] of totals) countUp(images, copies, counts);
    const values = matches.map((each) => {
      const positives = positivesOf(each, copies);
      if (positives === 0) return null;
      const resample = copies && { copies, totals: totals.get(each.images) as Uint32Array };
      return averagePrecision(resample ? resampledCurve(each, positives, resample) : curveOf(each.hits, positives));
    });
    return meanOver(values) ?? Number.NaN;
  };
}

function matchesFor(problem: DetectionProblem, figure: MeanPrecision, options: VocOptions): RankedMatches[] {
  if (figure === "map11" || figure === "map") return vocMatches(problem, options);
  return cocoMatches(problem, { AP: overlaps, AP50: [0.5], AP75: [0.75] }[figure]).flat();
}

/**
 * A mean average precision, 0 to 1, with the 95 % interval of the percentile bootstrap over images. A class without
 * objects in a resample is left out of its mean. NaN if there are no objects.
 */
export function mapWithInterval(problem: DetectionProblem, options: IntervalOptions = {}): Figure {
  const figureOf = meanPrecisionOf(problem, options);
  return { value: figureOf(), ...bootstrapInterval(problem.images, figureOf, options) };
}

/**
 * mAP(a) - mAP(b) for two results on the same images, with the 95 % interval of the paired bootstrap: both are computed on
 * the same resamples of the images. NaN if there are no objects.
 * @throws RangeError when the two have different numbers of images.
 */
export function mapDifference(a: DetectionProblem, b: DetectionProblem, options: IntervalOptions = {}): Difference {
  if (a.images !== b.images)
    throw new RangeError(`a paired comparison needs equally many images; given: ${a.images} and ${b.images}`);
  const [ofA, ofB] = [meanPrecisionOf(a, options), meanPrecisionOf(b, options)];
  const difference = (copies?: Uint32Array) => ofA(copies) - ofB(copies);
  return { difference: difference(), ...bootstrapInterval(a.images, difference, options) };
}
