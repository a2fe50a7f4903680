import type { GraphBuilder } from "../onnx/builder.js";
import { meanSquaredError } from "./losses.js";

/** How far what R makes of P(x) is from what it makes of y. */
export interface Distance {
  /** One line for the help text. */
  readonly summary: string;
  /** Whether the values have to be class scores, because a softmax is taken of them. */
  readonly ofScores: boolean;
  /** λ where none is given. */
  readonly defaultLambda: number;
  /** @param seen [N, C]: R's output for P(x). @param wanted of the same shape: for y. @returns a scalar. */
  between(b: GraphBuilder, seen: string, wanted: string): string;
}

const distances = {
  "softmax-mse": {
    summary: "mean squared difference of the class probabilities (the reference)",
    ofScores: true,
    // The reference's, for 1000 classes: being a mean over the classes, it counts more where there are fewer.
    defaultLambda: 10,
    between: (b, seen, wanted) => meanSquaredError(b, b.Softmax(seen, 1), b.Softmax(wanted, 1)),
  },
  kl: {
    summary: "Kullback-Leibler divergence of the class probabilities from those of the original",
    ofScores: true,
    defaultLambda: 1e-3,
    /** The mean over the images of Σ q · (ln q - ln p), with p of P(x) and q of y. */
    between(b, seen, wanted) {
      const [p, q] = [b.LogSoftmax(seen, 1), b.LogSoftmax(wanted, 1)];
      const divergence = b.ReduceSum(b.Mul(b.Exp(q), b.Sub(q, p)), [1], false);
      return b.ReduceMean(divergence, undefined, false);
    },
  },
  "logits-mse": {
    summary: "mean squared difference of the numbers as they are: scores, embeddings, detections",
    // Of a model that ends in a softmax, the scores before it: that is how recognizers are read.
    ofScores: false,
    defaultLambda: 1e-3,
    between: meanSquaredError,
  },
} satisfies Record<string, Distance>;

/** The name of a distance. */
export type DistanceName = keyof typeof distances;
/** The names of all distances. */
export const distanceNames = Object.keys(distances) as readonly DistanceName[];
export const DEFAULT_DISTANCE: DistanceName = "softmax-mse";

/** The distance of that name. */
export const distanceOf = (name: DistanceName): Distance => distances[name];
