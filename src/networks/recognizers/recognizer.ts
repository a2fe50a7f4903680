import type { Graph } from "../../onnx/graph.js";
import { IMAGE, Layers } from "../network.js";

/** A classifier to train from scratch: image [N, 3, size, size] in [0, 1] in, raw scores [N, classes] out. */
export interface RecognizerNetwork {
  readonly name: string;
  /** One line for the help text. */
  readonly summary: string;
  /** @throws UserError when it cannot be made for pictures of this size. */
  build(classes: number, size: number, seed: number): Graph;
}

/** Name of a recognizer's output. */
export const LOGITS = "logits";

interface Architecture {
  readonly name: string;
  readonly summary: string;
  /** Adds the layers from the image (values around 0) to the features [N, channels, h, w]. */
  features(layers: Layers, image: string, size: number): Features;
}

export interface Features {
  readonly x: string;
  readonly channels: number;
}

/** A recognizer that decides by the mean of the features over all places. */
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

/** Channels into a layer and out of it. */
export type Channels = readonly [inputs: number, outputs: number];

/** A convolution and a batch normalization. */
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

/** The same, rectified. */
export const unit = (...layer: Parameters<typeof normalized>): string => layer[0].b.Relu(normalized(...layer));
