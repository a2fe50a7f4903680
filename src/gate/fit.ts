import { createHash } from "node:crypto";
import { UserError } from "../errors.js";
import { grouped } from "../grouped.js";
import { certifiedThresholds, effectOf, type GateEffect, type RiskLimit, type ScoredImage } from "./calibrate.js";
import { type Change, fitScore, type Score, scoreOf } from "./score.js";

/** An image of the pool that a gate is fitted on. */
export interface PoolImage extends Change {
  /** The photograph that it is a degraded version of. */
  readonly photograph: string;
  /** The number of the degradation. */
  readonly source: number;
}

/** An image of the calibration part. */
export type CalibratedImage = ScoredImage & Pick<PoolImage, "source">;

/** The part of the photographs that fits the score and chooses thresholds; the rest calibrates. */
const FITTED = 1 / 3;
/** Both parts need a photograph. */
const FEWEST = 3;

/** The threshold that skips every image: scores are above it. Its risk is 0. */
const SKIPPING = 0;

/** A score with its threshold, and what it does to the images that calibrated it. */
export interface FittedRule {
  readonly score: Score;
  /** Images with a score up to this are processed; null: no threshold is certified, and no image is processed. */
  readonly threshold: number | null;
  /** Photographs in each part. */
  readonly photographs: { readonly fitting: number; readonly calibration: number };
  /** Images in each part. */
  readonly images: { readonly fitting: number; readonly calibration: number };
  /** On the calibration part: with the gate, and if all images are processed. */
  readonly effect: GateEffect;
  readonly without: GateEffect;
  /** The images of the calibration part. */
  readonly calibrated: readonly CalibratedImage[];
}

/**
 * Fits a score and certifies a threshold: of the certified ones the one with the greatest gain on the calibration part; 0, which
 * skips every image, if all of them lower the accuracy. The parts of the photographs follow from their names. A photograph has the same part in every degradation.
 * @throws UserError when there are fewer than 3 photographs.
 */
export function fitRule(pool: readonly PoolImage[], limit: RiskLimit): FittedRule {
  const [fitting, calibration] = partsOf(pool);
  const score = fitScore(fitting.flat());
  const scored = (part: Photographs): CalibratedImage[][] =>
    part.map((images) =>
      images.map(({ degradation, ...change }) => ({ ...change, score: scoreOf(score, degradation) })),
    );
  const [first, second] = [scored(fitting), scored(calibration)];
  const certified = certifiedThresholds(first, second, limit);
  const images = second.flat();
  const [best] = certified
    .concat(certified.length > 0 ? SKIPPING : [])
    .map((threshold) => ({ threshold, gain: effectOf(images, threshold).gain }))
    .sort((a, b) => b.gain - a.gain || b.threshold - a.threshold);
  const threshold = best?.threshold ?? null;
  return {
    ...{ score, threshold },
    photographs: { fitting: first.length, calibration: second.length },
    images: { fitting: fitting.flat().length, calibration: images.length },
    effect: effectOf(images, threshold),
    without: effectOf(images, 1),
    calibrated: images,
  };
}

type Photographs = readonly (readonly PoolImage[])[];

/** The two parts. Their order depends on the names alone, since a test by betting must not follow the classes. */
function partsOf(pool: readonly PoolImage[]): [fitting: Photographs, calibration: Photographs] {
  const photographs = [...grouped(pool, ({ photograph }) => photograph)]
    .map(([name, images]) => ({ digest: digestOf(name), images }))
    .sort((a, b) => (a.digest < b.digest ? -1 : 1))
    .map(({ images }) => images);
  if (photographs.length < FEWEST)
    throw new UserError(
      `cannot fit a gate on ${photographs.length} photographs: ${FEWEST} or more are needed, several hundred to certify a threshold`,
    );
  const fitted = Math.ceil(FITTED * photographs.length);
  return [photographs.slice(0, fitted), photographs.slice(fitted)];
}

/** Not that of `partOf`, which may have selected the photographs. */
const digestOf = (name: string): string => createHash("sha256").update(`gate/${name}`).digest("hex");
