import { GraphBuilder } from "../src/onnx/builder.js";
import type { Graph } from "../src/onnx/graph.js";
import { float32, sizeOf } from "../src/onnx/tensor.js";

/** A 7x7 convolution of stride 2 from 3 to 64 channels on 16x16 pixels, global pooling and 10 scores. All weights are 1. */
export function resnetStem(batch: number): Graph {
  const b = new GraphBuilder("stem");
  const ones = (shape: readonly number[]) => float32(new Float32Array(sizeOf(shape)).fill(1), shape);
  const image = b.input("image", [batch, 3, 16, 16]);
  const weight = b.initializer("weight", ones([64, 3, 7, 7]));
  const features = b.Relu(b.Conv(image, weight, "", { strides: [2, 2], pads: [3, 3, 3, 3] }));
  const mean = b.Flatten(b.GlobalAveragePool(features));
  b.output("scores", b.MatMul(mean, b.initializer("head", ones([64, 10]))));
  return b.build();
}
