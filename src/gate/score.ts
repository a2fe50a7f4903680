import { z } from "zod";
import { Degradation } from "../metrics/degradation/degradation.js";
import { solve } from "../metrics/solve.js";

/** The estimates that a score is computed from, by name. */
const featureNames = Degradation.keyof();

/** How harmful processing an image is expected to be, from the estimates of its degradation. */
export const Score = z.object({
  intercept: z.number(),
  /** Each estimate counts as weight · (estimate - mean) / deviation. */
  features: z.array(z.object({ name: featureNames, mean: z.number(), deviation: z.number(), weight: z.number() })),
});
export type Score = z.output<typeof Score>;

/** An image with what processing it changes: shares of the judges, from 0 to 1. */
export interface Change {
  readonly degradation: Degradation;
  /** Judges that are right without processing and wrong with it. */
  readonly harm: number;
  /** Judges that are wrong without processing and right with it. */
  readonly help: number;
}

/** The probability, between 0 and 1, that a change by processing is harmful rather than helpful. */
export const scoreOf = ({ intercept, features }: Score, degradation: Degradation): number =>
  sigmoid(
    features.reduce(
      (sum, { name, mean, deviation, weight }) => sum + (weight * (degradation[name] - mean)) / deviation,
      intercept,
    ),
  );

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** Strength of the penalty on squared weights, which are those of features of mean 0 and deviation 1. */
const RIDGE = 1;
/** Imagined changes of an image with mean features, harmful and helpful each, so that the score is never certain. */
const PRIOR = 0.5;
/** Newton's steps at most, and the longest change of a weight in one. */
const [STEPS, LONGEST] = [100, 1];

/**
 * Fits the score by logistic regression on the changes: it is monotone in each estimate. Images that processing changes for no
 * judge affect the means and deviations alone.
 */
export function fitScore(changes: readonly Change[]): Score {
  const scales = featureNames.options.map((name) => {
    const values = changes.map(({ degradation }) => degradation[name]);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
    return { name, mean, deviation: Math.sqrt(variance) || 1 };
  });
  const rows = changes
    .filter(({ harm, help }) => harm > 0 || help > 0)
    .map(({ degradation, harm, help }) => {
      const inputs = scales.map(({ name, mean, deviation }) => (degradation[name] - mean) / deviation);
      return { inputs: [1, ...inputs], harm, help };
    });
  const [intercept = 0, ...weights] = logisticWeights([
    ...rows,
    { inputs: [1, ...scales.map(() => 0)], harm: PRIOR, help: PRIOR },
  ]);
  return { intercept, features: scales.map((scale, i) => ({ ...scale, weight: weights[i] as number })) };
}

interface Row {
  /** The first is 1. */
  readonly inputs: readonly number[];
  readonly harm: number;
  readonly help: number;
}

/** The weights that minimize Σ harm · log(1 + e^-z) + help · log(1 + e^z) + RIDGE / 2 · Σ weight², the intercept not penalized. */
function logisticWeights(rows: readonly Row[]): number[] {
  const size = rows[0]?.inputs.length ?? 0;
  let weights = Array.from({ length: size }, () => 0);
  for (let i = 0; i < STEPS; i++) {
    const step = newtonStep(rows, weights);
    const longest = Math.max(...step.map(Math.abs));
    const factor = Math.min(1, LONGEST / longest);
    weights = weights.map((weight, place) => weight - factor * (step[place] as number));
    if (longest < 1e-10) break;
  }
  return weights;
}

/** The gradient divided by the Hessian. */
function newtonStep(rows: readonly Row[], weights: readonly number[]): Float64Array {
  const gradient = Float64Array.from(weights, (weight, i) => (i === 0 ? 0 : RIDGE * weight));
  const hessian = weights.map((_, i) => Float64Array.from(weights, (__, j) => (i === j && i > 0 ? RIDGE : 0)));
  for (const { inputs, harm, help } of rows) {
    const probability = sigmoid(inputs.reduce((sum, input, i) => sum + input * (weights[i] as number), 0));
    const slope = (harm + help) * probability - harm;
    const curvature = (harm + help) * probability * (1 - probability);
    for (const [i, a] of inputs.entries()) {
      gradient[i] = (gradient[i] as number) + slope * a;
      const line = hessian[i] as Float64Array;
      for (const [j, b] of inputs.entries()) line[j] = (line[j] as number) + curvature * a * b;
    }
  }
  return solve(hessian, gradient);
}
