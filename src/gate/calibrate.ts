import { bettingPValue } from "../metrics/betting.js";

/** An image with the score of its degradation, and what processing it changes: shares of the judges, from 0 to 1. */
export interface ScoredImage {
  readonly score: number;
  readonly harm: number;
  readonly help: number;
}

/** The images of one photograph: it may be in the pool with several degradations. */
export type ScoredPhotograph = readonly ScoredImage[];

/** The risk that is controlled. */
export interface RiskLimit {
  /** The largest accepted share of harm among processed images, between 0 and 1. */
  readonly alpha: number;
  /** The largest accepted probability that the risk is above `alpha`. */
  readonly delta: number;
}

/** Thresholds that are tested: these shares of the first part's images are processed. */
const SHARES = Array.from({ length: 20 }, (_, i) => (i + 1) / 20);

/**
 * The thresholds at which the risk is at most alpha, all of them at once with probability 1 - delta: Learn-then-Test with split
 * fixed-sequence testing (Angelopoulos et al. 2021, "Learn then Test", sec. 2). An image is processed if its score is at most the
 * threshold. The risk is the share of harm among the processed images, E[harm of the processed] / E[number processed].
 *
 * The first part of the photographs chooses thresholds and their order; the second tests them in this order, until the first whose
 * hypothesis, a risk above alpha, is not rejected. The risk is above alpha if and only if the mean over photographs of the harm of processed images minus alpha is
 * above 0, for which `bettingPValue` is a p-value. Photographs of the second part are independent of each other and of the first;
 * the images of one need not be.
 */
export function certifiedThresholds(
  first: readonly ScoredPhotograph[],
  second: readonly ScoredPhotograph[],
  { alpha, delta }: RiskLimit,
): number[] {
  const limit = { alpha, delta };
  const ordered = orderedCandidates(first, limit);
  const failed = ordered.findIndex((threshold) => riskPValue(second, threshold, limit) > delta);
  return ordered.slice(0, failed < 0 ? ordered.length : failed);
}

/**
 * Thresholds from the most certain to the least. Each has a greater gain than all before it or processes more images, as the
 * photographs show: others are worth no test, which could end the sequence.
 */
function orderedCandidates(photographs: readonly ScoredPhotograph[], limit: RiskLimit): number[] {
  const images = photographs.flat();
  const candidates = candidatesFrom(images)
    .map((threshold) => ({
      threshold,
      p: riskPValue(photographs, threshold, limit),
      gain: effectOf(images, threshold).gain,
    }))
    .sort((a, b) => a.p - b.p || b.gain - a.gain || b.threshold - a.threshold);
  let [best, highest] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
  return candidates.flatMap(({ threshold, gain }) => {
    if (gain <= best && threshold <= highest) return [];
    best = Math.max(best, gain);
    highest = Math.max(highest, threshold);
    return [threshold];
  });
}

/** The p-value of the hypothesis that the risk at a threshold is above alpha. */
export function riskPValue(
  photographs: readonly ScoredPhotograph[],
  threshold: number,
  { alpha, delta }: RiskLimit,
): number {
  const most = Math.max(...photographs.map(({ length }) => length), 1);
  const losses = photographs.map((images) =>
    images.reduce((sum, { score, harm }) => sum + (score <= threshold ? (harm - alpha) / most : 0), alpha),
  );
  return bettingPValue(losses, alpha, delta);
}

/** The scores up to which each of `SHARES` of the images is processed. All are: the threshold 1, since scores are below it. */
function candidatesFrom(images: readonly ScoredImage[]): number[] {
  const scores = images.map(({ score }) => score).sort((a, b) => a - b);
  const thresholds = SHARES.map((share) => (share === 1 ? 1 : (scores[Math.ceil(share * scores.length) - 1] ?? 1)));
  return [...new Set(thresholds)];
}

/** What a threshold does to images. */
export interface GateEffect {
  /** The share of the images that are processed. */
  readonly processed: number;
  /** The share of harm among the processed images; null if none is. */
  readonly risk: number | null;
  /** The share of harm among all images. */
  readonly risk_of_all: number;
  /** By how many percentage points processing raises the accuracy of the judges, the mean over all images. */
  readonly gain: number;
}

/** @param threshold null: no image is processed. */
export function effectOf(images: readonly ScoredImage[], threshold: number | null): GateEffect {
  const processed = images.filter(({ score }) => threshold !== null && score <= threshold);
  const harm = processed.reduce((sum, image) => sum + image.harm, 0);
  const help = processed.reduce((sum, image) => sum + image.help, 0);
  return {
    processed: processed.length / images.length,
    risk: processed.length > 0 ? harm / processed.length : null,
    risk_of_all: harm / images.length,
    gain: (100 * (help - harm)) / images.length,
  };
}
