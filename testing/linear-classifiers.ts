import { GraphBuilder } from "../src/onnx/builder.js";
import type { Graph } from "../src/onnx/graph.js";
import { float32 } from "../src/onnx/tensor.js";
import { randomAt } from "../src/random.js";
import { classifierModel, type RecognizerModel } from "../src/recognition/model.js";

/** A classifier whose class scores are w·x + b of an image x [3, side, side] in [0, 1]. */
export interface LinearClassifier {
  /** [classes][values] */
  readonly weights: readonly Float32Array[];
  readonly biases: Float32Array;
  readonly graph: Graph;
}

/** A linear classifier with normally distributed weights. */
export function linearClassifier(classes: number, side: number, seed: number): LinearClassifier {
  const values = 3 * side ** 2;
  const random = randomAt(seed);
  const normal = (length: number) => Float32Array.from({ length }, () => random.normal());
  const weights = Array.from({ length: classes }, () => normal(values));
  const biases = normal(classes);
  const b = new GraphBuilder(`linear-${seed}`);
  const image = b.input("input", ["N", 3, side, side]);
  const matrix = new Float32Array(values * classes);
  for (const [k, row] of weights.entries()) for (const [i, value] of row.entries()) matrix[i * classes + k] = value;
  const product = b.MatMul(b.Flatten(image), b.initializer("weight", float32(matrix, [values, classes])));
  b.output("scores", b.Add(product, b.initializer("bias", float32(biases, [classes]))), ["N", classes]);
  return { weights, biases, graph: b.build() };
}

/** A classifier as a recognizer of images of `side` pixels in [0, 1]. */
export const recognizerOf = (graph: Graph, side: number, name = graph.name): RecognizerModel =>
  classifierModel(graph, {
    name,
    preprocessing: { size: side, layout: "NCHW", channels: "RGB", range: 1, mean: [0, 0, 0], std: [1, 1, 1] },
    sha256: "",
  });
