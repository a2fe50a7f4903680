import type { GraphBuilder } from "../onnx/builder.js";

/** Mean squared error between two tensors of the same shape. Returns a scalar. */
export function meanSquaredError(b: GraphBuilder, x: string, y: string): string {
  const difference = b.Sub(x, y);
  return b.ReduceMean(b.Mul(difference, difference), undefined, false);
}

/** Keeps the relative squared error finite when the target is 0 everywhere. */
const EPSILON = 1e-8;

/** mean((x - target)²) / mean(target²) of two tensors of the same shape: 1 when x is 0 everywhere. Returns a scalar. */
export function relativeSquaredError(b: GraphBuilder, x: string, target: string): string {
  const meanSquare = b.ReduceMean(b.Mul(target, target), undefined, false);
  return b.Div(meanSquaredError(b, x, target), b.Add(meanSquare, b.scalar(EPSILON)));
}

/** The mean of scalars. */
export const meanOf = (b: GraphBuilder, scalars: readonly string[]): string =>
  scalars.length === 1 ? (scalars[0] as string) : b.add("Mean", scalars);

/**
 * Cross-entropy: the mean over all positions of -ln softmax(logits)[label].
 * @param logits [N, C] or [N, C, …positions]
 * @param labels int64 [N] or [N, …positions], each from 0 to C - 1
 * @param classes C
 * @param rank rank of `logits`
 * @returns a scalar
 */
export function crossEntropy(b: GraphBuilder, logits: string, labels: string, classes: number, rank = 2): string {
  const oneHot = oneHotOf(b, labels, classes, rank);
  return b.Neg(b.ReduceMean(logLikelihood(b, logits, oneHot), undefined, false));
}

/**
 * Cross-entropy of class scores of positions: the mean of -ln softmax(logits)[label] over the positions whose label is a class.
 * A label map of another size is reduced or enlarged by nearest neighbor.
 * @param logits of the shape [N, C, height, width]
 * @param labels int64 of the shape [N, label height, label width]: from 0 to C - 1, or 255 where they are ignored
 * @returns a scalar
 */
export function positionCrossEntropy(b: GraphBuilder, logits: ShapedValue, labels: ShapedValue): string {
  const [, classes = 0, height = 0, width = 0] = logits.shape;
  const [, labelHeight = 0, labelWidth = 0] = labels.shape;
  const rows = nearest(b, labels.value, 1, labelHeight, height);
  const oneHot = oneHotOf(b, nearest(b, rows, 2, labelWidth, width), classes, 4);
  const sum = b.ReduceSum(logLikelihood(b, logits.value, oneHot), undefined, false);
  const count = b.add("Max", [b.ReduceSum(oneHot, undefined, false), b.one]);
  return b.Neg(b.Div(sum, count));
}

/** A value of a graph with its shape. */
export interface ShapedValue {
  readonly value: string;
  readonly shape: readonly number[];
}

/** Resamples an axis by nearest neighbor: element i becomes that at ⌊(i + 1/2)·from / to⌋. */
function nearest(b: GraphBuilder, x: string, axis: number, from: number, to: number): string {
  if (from === to) return x;
  const sources = Array.from({ length: to }, (_, i) => Math.floor(((i + 0.5) * from) / to));
  return b.Gather(x, b.integers(sources), axis);
}

/** Labels [N, …positions] as float32 [N, C, …positions]; all 0 where the label is no class. */
function oneHotOf(b: GraphBuilder, labels: string, classes: number, rank: number): string {
  const shape = [1, classes, ...Array(rank - 2).fill(1)];
  const indices = b.constant({
    type: "int64",
    shape,
    data: BigInt64Array.from({ length: classes }, (_, i) => BigInt(i)),
  });
  const unsqueezed = b.add("Unsqueeze", [labels, b.integers([1])]);
  return b.Cast(b.Equal(indices, unsqueezed), "float32");
}

/** ln softmax(logits)[label] of each position; 0 where the label is no class. */
const logLikelihood = (b: GraphBuilder, logits: string, oneHot: string): string =>
  b.ReduceSum(b.Mul(oneHot, b.LogSoftmax(logits, 1)), [1], false);

/**
 * Cross-entropy with label smoothing (Szegedy et al. 2016, sec. 7): a share `smoothing`, in [0, 1], of each label is
 * distributed uniformly over all classes.
 * @param logits [N, C]
 * @param labels int64 [N], each from 0 to C - 1
 * @returns a scalar
 */
export function smoothedCrossEntropy(
  b: GraphBuilder,
  logits: string,
  labels: string,
  classes: number,
  smoothing: number,
): string {
  const uniform = b.Neg(b.ReduceMean(b.LogSoftmax(logits, 1), undefined, false));
  const hard = b.Mul(crossEntropy(b, logits, labels, classes), b.scalar(1 - smoothing));
  return b.Add(hard, b.Mul(uniform, b.scalar(smoothing)));
}
