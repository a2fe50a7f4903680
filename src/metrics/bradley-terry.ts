import { type Crossed, crossedOf, crossedVariance, once } from "./crossed-variance.js";
import { studentQuantile } from "./incomplete-beta.js";
import { solve } from "./solve.js";

/** One answer about a pair of systems, which are indices from 0 on. */
export interface Comparison {
  readonly participant: string;
  readonly item: string;
  readonly first: number;
  readonly second: number;
  readonly outcome: "first" | "second" | "tie";
}

/** A log-strength with its 95 % interval; the limits are null with fewer than two participants or items. */
export interface Strength {
  /** The natural logarithm of the strength minus that of system 0: for the reference 0. */
  readonly value: number;
  readonly low: number | null;
  readonly high: number | null;
}

export interface BradleyTerry {
  readonly strengths: readonly Strength[];
  /** Davidson's ν: ties are ν / (2 + ν) of the answers about systems of equal strength. */
  readonly ties: number;
  /**
   * True: the answers alone determine no finite strengths, because some systems never lose to the others or no answer is
   * decided. Then one answer is added for each pair of systems, half for each side.
   */
  readonly regularized: boolean;
}

const MOST_STEPS = 200;

/** The relative error of a log-likelihood, which is a sum over thousands of answers. */
const ROUNDING = 1e-13;

/**
 * Strengths of systems from paired comparisons with ties: system i wins with probability πᵢ / (πᵢ + πⱼ + ν √(πᵢ πⱼ)), a tie has
 * probability ν √(πᵢ πⱼ) / (…). Maximum likelihood by Newton's method on the logarithms, which are a concave problem.
 * Intervals count answers of the same participant and to the same item as dependent (`crossedVariance`), with the quantile of
 * Student's t for the smaller of the two numbers. Source: Davidson 1970, "On extending the Bradley-Terry model to accommodate
 * ties in paired comparison experiments"; whether strengths are finite: Ford 1957.
 * @throws RangeError when a system takes part in no comparison, or there are fewer than two systems.
 */
export function bradleyTerry(comparisons: readonly Comparison[], systems: number): BradleyTerry {
  requireCompared(comparisons, systems);
  const regularized = !areStrengthsFinite(comparisons, systems);
  const added = regularized ? halfAnswers(systems) : [];
  const answers = [...comparisons.map((each) => ({ ...each, weight: 1 })), ...added];
  const model = { systems, hasTies: comparisons.some(({ outcome }) => outcome === "tie") };
  const parameters = maximize(answers, model);
  const errors = standardErrors(comparisons, answers, parameters, model);
  const crossed = crossedOf(comparisons);
  const quantile = studentQuantile(0.975, Math.max(1, Math.min(crossed.participants, crossed.items) - 1));
  const reference = parameters[0] as number;
  return {
    strengths: Array.from({ length: systems }, (_, i) => {
      const value = (parameters[i] as number) - reference;
      if (i === 0) return { value: 0, low: 0, high: 0 };
      const margin = quantile * (errors[i] as number);
      return Number.isFinite(margin)
        ? { value, low: value - margin, high: value + margin }
        : { value, low: null, high: null };
    }),
    ties: model.hasTies ? Math.exp(parameters[systems] as number) : 0,
    regularized,
  };
}

interface Weighted extends Pick<Comparison, "first" | "second" | "outcome"> {
  readonly weight: number;
}

/** The parameters are the log-strengths and, if there are ties, ln ν. */
interface Model {
  readonly systems: number;
  readonly hasTies: boolean;
}

function requireCompared(comparisons: readonly Comparison[], systems: number): void {
  const compared = new Set(comparisons.flatMap(({ first, second }) => [first, second]));
  const missing = Array.from({ length: systems }, (_, i) => i).find((i) => !compared.has(i));
  if (systems < 2 || missing !== undefined)
    throw new RangeError(`strengths need comparisons of each of two or more systems; none of: ${missing ?? "any"}`);
}

/** Whether each system wins or ties, over others, against each other one, and some answer is decided. */
function areStrengthsFinite(comparisons: readonly Comparison[], systems: number): boolean {
  const beaten = Array.from({ length: systems }, () => new Set<number>());
  for (const { first, second, outcome } of comparisons) {
    if (outcome !== "second") beaten[first]?.add(second);
    if (outcome !== "first") beaten[second]?.add(first);
  }
  const reaches = (start: number) => {
    const reached = new Set([start]);
    for (const system of reached) for (const next of beaten[system] ?? []) reached.add(next);
    return reached.size === systems;
  };
  return beaten.every((_, start) => reaches(start)) && comparisons.some(({ outcome }) => outcome !== "tie");
}

function halfAnswers(systems: number): Weighted[] {
  const added: Weighted[] = [];
  for (let first = 0; first < systems; first++)
    for (let second = first + 1; second < systems; second++)
      for (const outcome of ["first", "second"] as const) added.push({ first, second, outcome, weight: 0.5 });
  return added;
}

/** The probabilities of an answer about two systems. */
function probabilities({ first, second }: Pick<Weighted, "first" | "second">, parameters: Float64Array, model: Model) {
  const half = ((parameters[first] as number) - (parameters[second] as number)) / 2;
  const [a, b] = [Math.exp(half), Math.exp(-half)]; // all three divided by the root of the product of the strengths
  const tie = model.hasTies ? Math.exp(parameters[model.systems] as number) : 0;
  const sum = a + b + tie;
  return { first: a / sum, second: b / sum, tie: tie / sum };
}

/** The derivatives of an answer's log-likelihood by the first log-strength (negated: by the second) and by ln ν. */
function scoreOf(answer: Pick<Weighted, "first" | "second" | "outcome">, parameters: Float64Array, model: Model) {
  const p = probabilities(answer, parameters, model);
  const points = { first: 1, second: -1, tie: 0 }[answer.outcome];
  const strength = (points - (p.first - p.second)) / 2;
  const tie = Number(answer.outcome === "tie") - p.tie;
  return { strength, tie };
}

const logLikelihood = (answers: readonly Weighted[], parameters: Float64Array, model: Model): number =>
  answers.reduce((sum, each) => sum + each.weight * Math.log(probabilities(each, parameters, model)[each.outcome]), 0);

/** Newton's method with halved steps. Log-strengths sum to 0. */
function maximize(answers: readonly Weighted[], model: Model): Float64Array {
  const size = model.systems + Number(model.hasTies);
  let parameters = new Float64Array(size);
  let likelihood = logLikelihood(answers, parameters, model);
  for (let step = 0; step < MOST_STEPS; step++) {
    const gradient = new Float64Array(size);
    for (const answer of answers) {
      const { strength, tie } = scoreOf(answer, parameters, model);
      add(gradient, answer.first, answer.weight * strength);
      add(gradient, answer.second, -answer.weight * strength);
      if (model.hasTies) add(gradient, model.systems, answer.weight * tie);
    }
    const direction = solve(information(answers, parameters, model), gradient);
    const increase = gradient.reduce((sum, value, i) => sum + (value * (direction[i] as number)) / 2, 0);
    // So near the maximum, rounding hides whether the likelihood increases, and the whole step is exact enough.
    if (increase <= ROUNDING * Math.abs(likelihood)) return moved(parameters, direction, 1);
    let scale = 1;
    let next = moved(parameters, direction, scale);
    while (logLikelihood(answers, next, model) < likelihood && scale > 1e-12) {
      scale /= 2;
      next = moved(parameters, direction, scale);
    }
    parameters = next;
    likelihood = logLikelihood(answers, parameters, model);
  }
  return parameters;
}

const moved = (from: Float64Array, direction: Float64Array, size: number): Float64Array<ArrayBuffer> =>
  Float64Array.from(from, (value, i) => value + size * (direction[i] as number));

const add = (to: Float64Array, i: number, value: number): void => {
  to[i] = (to[i] as number) + value;
};

/** The negated second derivatives of the log-likelihood. The product of ones on strengths makes them invertible: their sum stays 0. */
function information(answers: readonly Weighted[], parameters: Float64Array, model: Model): Float64Array[] {
  const { systems, hasTies } = model;
  const matrix = Array.from({ length: parameters.length }, (_, i) =>
    Float64Array.from(parameters, (_value, j) => Number(i < systems && j < systems)),
  );
  const at = (i: number, j: number, value: number) => add(matrix[i] as Float64Array, j, value);
  for (const answer of answers) {
    const { first: i, second: j, weight } = answer;
    const p = probabilities(answer, parameters, model);
    const difference = p.first - p.second;
    const curvature = (weight * (p.first + p.second - difference ** 2)) / 4;
    at(i, i, curvature);
    at(j, j, curvature);
    at(i, j, -curvature);
    at(j, i, -curvature);
    if (!hasTies) continue;
    const mixed = (-weight * difference * p.tie) / 2;
    for (const [index, sign] of [
      [i, 1],
      [j, -1],
    ] as const) {
      at(index, systems, sign * mixed);
      at(systems, index, sign * mixed);
    }
    at(systems, systems, weight * p.tie * (1 - p.tie));
  }
  return matrix;
}

/** Standard errors of the differences to system 0. */
function standardErrors(
  comparisons: readonly Comparison[],
  answers: readonly Weighted[],
  parameters: Float64Array,
  model: Model,
): number[] {
  const matrix = information(answers, parameters, model);
  const crossed: Crossed = crossedOf(comparisons);
  const scores = comparisons.map((comparison) => scoreOf(comparison, parameters, model));
  return Array.from({ length: model.systems }, (_, system) => {
    if (system === 0) return 0;
    const contrast = new Float64Array(parameters.length);
    contrast[0] = -1;
    contrast[system] = 1;
    const direction = solve(matrix, contrast);
    const influences = Float64Array.from(comparisons, ({ first, second }, k) => {
      const { strength, tie } = scores[k] as { strength: number; tie: number };
      const ofTies = model.hasTies ? (direction[model.systems] as number) * tie : 0;
      return ((direction[first] as number) - (direction[second] as number)) * strength + ofTies;
    });
    return Math.sqrt(crossedVariance(influences, crossed, once(crossed)));
  });
}
