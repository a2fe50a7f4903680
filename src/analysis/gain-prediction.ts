import { spearman } from "../metrics/correlation.js";
import { randomAt } from "../random.js";

/** The gain of a target from a processor that was trained with the loss of a source, and a measure of the two. */
export interface GainPoint {
  readonly source: string;
  readonly target: string;
  /** Percentage points of top-1 over the processor trained with the image loss only. */
  readonly gain: number;
  readonly measure: number;
}

/** How well a measure of two recognizers predicts the transfer gain. */
export interface GainPrediction {
  readonly pairs: number;
  /** Spearman's rank correlation; null with fewer than three pairs or a constant variable. */
  readonly spearman: number | null;
  /**
   * 95 % interval of a bootstrap that resamples sources and targets; null with fewer than six pairs, or where too few
   * resamples have a correlation.
   */
  readonly ci95: readonly [low: number, high: number] | null;
  /**
   * Mean absolute error, in percentage points, of a line that is fitted to the pairs of the other targets, over all targets;
   * null with fewer than two targets.
   */
  readonly leave_one_target_out: number | null;
  /** The same of the mean gain of the other targets' pairs. */
  readonly mean_error: number | null;
}

const RESAMPLES = 2000;
/** With fewer pairs, resamples are nearly the same points again, and their interval would be far too narrow. */
const FEWEST = 6;
/** Domain of the random numbers of the bootstrap, beside the seed. */
const BOOTSTRAP = 3;

/** Rank correlation and leave-one-target-out error of a measure over source and target pairs. */
export function predictGain(points: readonly GainPoint[], seed: number): GainPrediction {
  const ofPoints = (chosen: readonly GainPoint[]) =>
    chosen.length < 3
      ? null
      : spearman(
          chosen.map(({ measure }) => measure),
          chosen.map(({ gain }) => gain),
        );
  const errors = leaveOneTargetOut(points);
  return {
    pairs: points.length,
    spearman: ofPoints(points),
    ci95: interval(points, ofPoints, seed),
    leave_one_target_out: meanOf(errors.map(({ line }) => line)),
    mean_error: meanOf(errors.map(({ mean }) => mean)),
  };
}

/** Sources and targets are drawn with replacement; a pair counts as often as its source and its target were drawn. */
function interval(
  points: readonly GainPoint[],
  statistic: (chosen: readonly GainPoint[]) => number | null,
  seed: number,
): GainPrediction["ci95"] {
  if (points.length < FEWEST) return null;
  const [sources, targets] = [namesOf(points, "source"), namesOf(points, "target")];
  const random = randomAt(seed, BOOTSTRAP);
  const found: number[] = [];
  for (let r = 0; r < RESAMPLES; r++) {
    const [drawnSources, drawnTargets] = [drawn(sources, random), drawn(targets, random)];
    const chosen = points.flatMap((point) =>
      new Array<GainPoint>((drawnSources.get(point.source) ?? 0) * (drawnTargets.get(point.target) ?? 0)).fill(point),
    );
    const value = statistic(chosen);
    if (value !== null) found.push(value);
  }
  if (found.length < RESAMPLES / 2) return null;
  found.sort((a, b) => a - b);
  const at = (q: number) => found[Math.round(q * (found.length - 1))] as number;
  return [at(0.025), at(0.975)];
}

const namesOf = (points: readonly GainPoint[], key: "source" | "target"): string[] => [
  ...new Set(points.map((point) => point[key])),
];

/** How often each name is drawn in as many draws with replacement as there are names. */
function drawn(names: readonly string[], random: ReturnType<typeof randomAt>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const _ of names) {
    const name = names[random.integer(names.length)] as string;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}

/** For each pair the absolute errors of two predictions from the pairs of the other targets: a line's and the mean's. */
function leaveOneTargetOut(points: readonly GainPoint[]): { readonly line: number; readonly mean: number }[] {
  return points.flatMap((point) => {
    const others = points.filter(({ target }) => target !== point.target);
    if (others.length === 0) return [];
    const mean = meanOf(others.map(({ gain }) => gain)) as number;
    const center = meanOf(others.map(({ measure }) => measure)) as number;
    let [square, product] = [0, 0];
    for (const { measure, gain } of others) {
      square += (measure - center) ** 2;
      product += (measure - center) * (gain - mean);
    }
    const slope = square > 0 ? product / square : 0;
    const line = mean + slope * (point.measure - center);
    return [{ line: Math.abs(line - point.gain), mean: Math.abs(mean - point.gain) }];
  });
}

const meanOf = (values: readonly number[]): number | null =>
  values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
