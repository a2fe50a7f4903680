import type { ClassScore } from "../metrics/ranking.js";

/** Classes that a prediction keeps: see `rankingOf`. With fewer, it has all classes. */
const KEPT = 6;
/** How far the sum of probabilities may be from 1 by rounding. */
const TOLERANCE = 1e-3;

/**
 * The shares of the classes that a prediction keeps, 0 to 1: their scores if these are probabilities, otherwise the softmax over
 * the kept classes alone, which is at least the probability among all classes.
 */
export function sharesOf(ranked: readonly ClassScore[]): number[] {
  const scores = ranked.map(({ score }) => score);
  const sum = scores.reduce((total, score) => total + score, 0);
  const isWhole = ranked.length < KEPT ? Math.abs(sum - 1) <= TOLERANCE : sum > 0 && sum <= 1 + TOLERANCE;
  const areProbabilities = isWhole && scores.every((score) => score >= 0 && score <= 1);
  if (areProbabilities) return scores;
  const most = Math.max(...scores.filter(Number.isFinite), Number.MIN_SAFE_INTEGER);
  const exponentials = scores.map((score) => (Number.isFinite(score) ? Math.exp(score - most) : 0));
  const total = exponentials.reduce((all, each) => all + each, 0);
  return exponentials.map((each) => (total > 0 ? each / total : 0));
}

/** What the shares of the page mean. */
export const SHARES_NOTE =
  "Percentages beside classes: the judge's probability where its scores are probabilities; otherwise the softmax over its six highest scores, which is not less.";
