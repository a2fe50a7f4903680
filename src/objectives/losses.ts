import type { GraphBuilder } from "../onnx/builder.js";

/** The mean squared difference of two values of one shape: a scalar. */
export function meanSquaredError(b: GraphBuilder, x: string, y: string): string {
  const difference = b.Sub(x, y);
  return b.ReduceMean(b.Mul(difference, difference), undefined, false);
}

/**
 * The mean over all places of -ln softmax(logits)[label].
 * @param logits [N, C] or [N, C, …positions]
 * @param labels int64 [N] or [N, …positions], each 0 to C - 1
 * @param rank of the logits
 */
export function crossEntropy(b: GraphBuilder, logits: string, labels: string, classes: number, rank = 2): string {
  const places = [1, classes, ...Array(rank - 2).fill(1)];
  const indices = b.constant({
    type: "int64",
    shape: places,
    data: BigInt64Array.from({ length: classes }, (_, i) => BigInt(i)),
  });
  const wide = b.add("Unsqueeze", [labels, b.integers([1])]);
  const chosen = b.Cast(b.Equal(indices, wide), "float32");
  const logLikelihood = b.ReduceSum(b.Mul(chosen, b.LogSoftmax(logits, 1)), [1], false);
  return b.Neg(b.ReduceMean(logLikelihood, undefined, false));
}

/**
 * Cross-entropy to labels of which a share `smoothing` is spread evenly over all classes (Szegedy et al. 2016, sec. 7), for
 * logits [N, C].
 */
export function smoothedCrossEntropy(
  b: GraphBuilder,
  logits: string,
  labels: string,
  classes: number,
  smoothing: number,
): string {
  const evenly = b.Neg(b.ReduceMean(b.LogSoftmax(logits, 1), undefined, false));
  const hard = b.Mul(crossEntropy(b, logits, labels, classes), b.scalar(1 - smoothing));
  return b.Add(hard, b.Mul(evenly, b.scalar(smoothing)));
}
