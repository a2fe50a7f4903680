import type { Graph } from "../../onnx/graph.js";
import { IMAGE, Layers } from "../network.js";

/** A classifier architecture. Input: RGB images [N, 3, size, size] in [0, 1]. Output: logits [N, classes]. */
export interface RecognizerNetwork {
  readonly name: string;
  /** One line for the help text. */
  readonly summary: string;
  /**
   * Builds the network with initial weights that depend only on `seed`.
   * @throws UserError when it does not support images of this size.
   */
  build(classes: number, size: number, seed: number): Graph;
}

/** Name of a recognizer's output. */
export const LOGITS = "logits";

interface Architecture {
  readonly name: string;
  readonly summary: string;
  /** Adds the layers from the normalized image (values in [-2, 2]) to the features [N, channels, h, w]. */
  features(layers: Layers, image: string, size: number): Features;
}

/** Feature maps [N, channels, h, w] in a graph. */
export interface Features {
  readonly x: string;
  readonly channels: number;
}

/** A recognizer with global average pooling and a linear classifier on top of the features. */
export const recognizer = ({ name, summary, features }: Architecture): RecognizerNetwork => ({
  name,
  summary,
  build(classes, size, seed) {
    const layers = new Layers(name, seed);
    const { b } = layers;
    const image = b.Mul(b.Sub(b.input(IMAGE, ["N", 3, size, size]), b.scalar(0.5)), b.scalar(4));
    const { x, channels } = features(layers, image, size);
    const scores = layers.conv("scores", b.GlobalAveragePool(x), channels, classes, 1);
    b.output(LOGITS, b.Flatten(scores), ["N", classes]);
    return b.build();
  },
});

/** Input and output channels of a layer. */
export type Channels = readonly [inputs: number, outputs: number];

/** A convolution followed by batch normalization. */
export function normalized(
  layers: Layers,
  name: string,
  x: string,
  io: Channels,
  kernel: number,
  stride = 1,
  group = 1,
) {
  const [inputs, outputs] = io;
  const convolved = layers.conv(name, x, inputs, outputs, kernel, { stride, group });
  return layers.batchNorm(`${name}.norm`, convolved, outputs);
}

/** A convolution followed by batch normalization and ReLU. */
export const unit = (...layer: Parameters<typeof normalized>): string => layer[0].b.Relu(normalized(...layer));
