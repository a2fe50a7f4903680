/** Computes class scores: points are images in planar form, one after the other; scores are [points, classes]. */
export interface Scorer {
  readonly name: string;
  readonly classes: number;
  /** Number of values of an image. */
  readonly values: number;
  scores(points: Float32Array): Promise<Float32Array>;
}

/** A scorer with gradients of its scores, such as `LossGradientSession`. */
export interface Differentiable extends Scorer {
  scoreGradients(points: Float32Array, weights: Float32Array): Promise<Float32Array>;
  lossDirections(points: Float32Array, labels: readonly number[]): Promise<Float32Array>;
}

/** The class of the highest score, the first of equal ones, in each row. */
export function predictedClasses(scores: Float32Array, classes: number): number[] {
  return rows(scores, classes).map((row) => row.indexOf(row.reduce((most, score) => Math.max(most, score))));
}

/** By how much the score of the label exceeds the highest score of another class, in each row. */
export function marginsOf(scores: Float32Array, classes: number, labels: readonly number[]): number[] {
  return rows(scores, classes).map((row, i) => {
    let highest = Number.NEGATIVE_INFINITY;
    for (const [k, score] of row.entries()) if (k !== labels[i]) highest = Math.max(highest, score);
    return (row[labels[i] as number] as number) - highest;
  });
}

const rows = (scores: Float32Array, classes: number): Float32Array[] =>
  Array.from({ length: scores.length / classes }, (_, i) => scores.subarray(i * classes, (i + 1) * classes));
