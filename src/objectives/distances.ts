import type { GraphBuilder } from "../onnx/builder.js";
import { meanSquaredError, relativeSquaredError } from "./losses.js";

/** A distance between R's outputs for the restored image P(x) and the original image y. */
export interface Distance {
  /** One line for the help text. */
  readonly summary: string;
  /** Whether the outputs must be class scores because the distance applies a softmax. */
  readonly ofScores: boolean;
  /** Default λ of objectives that use this distance. */
  readonly defaultLambda: number;
  /**
   * Adds the distance to a graph.
   * @param restored R's output for P(x): [N, C], class scores of positions [N, C, H, W], or a raw head of any shape
   * @param original R's output for y, of the same shape
   * @returns a scalar
   */
  between(b: GraphBuilder, restored: string, original: string): string;
}

const distances = {
  "softmax-mse": {
    summary: "mean squared difference of the class probabilities (the reference)",
    ofScores: true,
    // The reference's λ for 1000 classes. The distance is a mean over the classes, so it is larger with fewer classes.
    defaultLambda: 10,
    between: (b, restored, original) => meanSquaredError(b, b.Softmax(restored, 1), b.Softmax(original, 1)),
  },
  kl: {
    summary: "Kullback-Leibler divergence KL(q || p) of class probabilities, q for y and p for P(x)",
    ofScores: true,
    defaultLambda: 1e-3,
    /** Mean over the images of Σ q · (ln q - ln p), with p for P(x) and q for y. */
    between(b, restored, original) {
      const [p, q] = [b.LogSoftmax(restored, 1), b.LogSoftmax(original, 1)];
      const divergence = b.ReduceSum(b.Mul(b.Exp(q), b.Sub(q, p)), [1], false);
      return b.ReduceMean(divergence, undefined, false);
    },
  },
  "logits-mse": {
    summary: "mean squared difference of the raw outputs: logits, embeddings, detections",
    // For a model that ends in a softmax, the output is its input, the logits: recognizers are loaded that way.
    ofScores: false,
    defaultLambda: 1e-3,
    between: meanSquaredError,
  },
  "relative-mse": {
    summary:
      "squared difference of the raw outputs, divided by their mean square for y: for the raw heads of a detector",
    ofScores: false,
    // As of the objective feature, whose distance it is.
    defaultLambda: 1e-2,
    between: relativeSquaredError,
  },
} satisfies Record<string, Distance>;

/** Names of the distances between R's outputs. */
export type DistanceName = keyof typeof distances;
/** All distance names, the default first. */
export const distanceNames = Object.keys(distances) as readonly DistanceName[];
/** The distance of the reference (Liu et al.). */
export const DEFAULT_DISTANCE: DistanceName = "softmax-mse";
/** The default distance between raw heads, which are no class scores and differ in magnitude. */
export const DEFAULT_HEAD_DISTANCE: DistanceName = "relative-mse";

/** The distance of that name. */
export const distanceOf = (name: DistanceName): Distance => distances[name];
