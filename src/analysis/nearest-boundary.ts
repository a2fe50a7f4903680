import { type Differentiable, marginsOf, predictedClasses } from "./scoring.js";
import { directionBetween, dot } from "./vectors.js";

/** Up to this many classes the first step considers all others; of more, those with the highest scores, to save time. */
const FEW_CLASSES = 24;
const CANDIDATES = 4;
const STEPS = 4;
/** How far a step goes beyond the linear estimate, so that it crosses the boundary (Moosavi-Dezfooli et al. 2016). */
const OVERSHOOT = 0.02;

/**
 * The direction from each image to a close point of the decision boundary: DeepFool (Moosavi-Dezfooli et al. 2016) in L2. The
 * first step considers all other classes, or the four best of more than 23; further steps the best other class alone, until
 * the class changes, at most four steps.
 * @param origins images that the recognizer classifies as `labels`.
 * @returns unit vectors; zeros where no gradient leads to another class.
 */
export async function nearestDirections(
  scorer: Differentiable,
  origins: readonly Float32Array[],
  labels: readonly number[],
): Promise<Float32Array[]> {
  const candidates = scorer.classes <= FEW_CLASSES ? scorer.classes - 1 : CANDIDATES;
  const points = origins.map((origin) => origin.slice());
  let active = origins.map((_, i) => i);
  for (let step = 0; step < STEPS && active.length > 0; step++) {
    const scores = await scorer.scores(joined(active.map((i) => points[i] as Float32Array)));
    const margins = marginsOf(
      scores,
      scorer.classes,
      active.map((i) => labels[i] as number),
    );
    const still = active.flatMap((i, k) => {
      if (!((margins[k] as number) > 0)) return [];
      const [row, label] = [scores.subarray(k * scorer.classes, (k + 1) * scorer.classes), labels[i] as number];
      return bestOthers(row, label, step === 0 ? candidates : 1).map((other) => ({
        ...{ i, label, other, point: points[i] as Float32Array },
        behind: (row[label] as number) - (row[other] as number),
      }));
    });
    await stepToNearest(scorer, still);
    active = [...new Set(still.map(({ i }) => i))];
  }
  return origins.map((origin, i) => directionBetween(origin, points[i] as Float32Array));
}

/** The classes with the highest scores apart from the label. */
function bestOthers(row: Float32Array, label: number, count: number): number[] {
  const left = row.slice();
  left[label] = Number.NEGATIVE_INFINITY;
  return Array.from({ length: Math.min(count, row.length - 1) }, () => {
    const best = predictedClasses(left, left.length)[0] as number;
    left[best] = Number.NEGATIVE_INFINITY;
    return best;
  });
}

/** Another class that an image could be moved to. */
interface Candidate {
  readonly point: Float32Array;
  readonly label: number;
  readonly other: number;
  /** By how much its score is below that of the label. */
  readonly behind: number;
}

/** Moves each point over the nearest of the boundaries to its candidates, as the gradients at the point estimate them. */
async function stepToNearest(scorer: Differentiable, candidates: readonly Candidate[]): Promise<void> {
  const { classes, values } = scorer;
  const weights = new Float32Array(candidates.length * classes);
  for (const [k, { label, other }] of candidates.entries()) {
    weights[k * classes + other] = 1;
    weights[k * classes + label] = -1;
  }
  const found = await scorer.scoreGradients(joined(candidates.map(({ point }) => point)), weights);
  const nearest = new Map<Float32Array, { distance: number; factor: number; gradient: Float32Array }>();
  for (const [k, { point, behind }] of candidates.entries()) {
    const gradient = found.subarray(k * values, (k + 1) * values);
    const square = dot(gradient, gradient);
    const distance = behind / Math.sqrt(square);
    if (distance < (nearest.get(point)?.distance ?? Number.POSITIVE_INFINITY))
      nearest.set(point, { distance, factor: ((1 + OVERSHOOT) * behind) / square, gradient });
  }
  for (const [point, { factor, gradient }] of nearest)
    for (let i = 0; i < values; i++) point[i] = (point[i] as number) + factor * (gradient[i] as number);
}

/** Vectors of one length, one after the other. */
export function joined(vectors: readonly Float32Array[]): Float32Array {
  const length = vectors[0]?.length ?? 0;
  const whole = new Float32Array(vectors.length * length);
  for (const [i, vector] of vectors.entries()) whole.set(vector, i * length);
  return whole;
}
