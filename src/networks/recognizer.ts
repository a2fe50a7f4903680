import { UserError } from "../errors.js";
import { ints } from "../graph/builder.js";
import type { Graph } from "../graph/graph.js";
import { IMAGE, Layers } from "./network.js";

/** A small classifier to train from scratch: image [N, 3, size, size] in [0, 1] in, raw scores [N, classes] out. */
export interface RecognizerNetwork {
  readonly name: string;
  /** One line for the help text. */
  readonly summary: string;
  build(classes: number, size: number, seed: number): Graph;
}

/** Name of a recognizer's output. */
export const LOGITS = "logits";

interface Architecture {
  readonly name: string;
  readonly summary: string;
  /** Channels of the features. */
  readonly channels: number;
  /** Adds the layers from the image (values around 0) to the features [N, channels, h, w]. */
  features(layers: Layers, image: string): string;
}

/** The mean of the features over all places decides. */
const recognizer = ({ name, summary, channels, features }: Architecture): RecognizerNetwork => ({
  name,
  summary,
  build(classes, size, seed) {
    const layers = new Layers(name, seed);
    const { b } = layers;
    const image = b.Mul(b.Sub(b.input(IMAGE, ["N", 3, size, size]), b.scalar(0.5)), b.scalar(4));
    const mean = b.GlobalAveragePool(features(layers, image));
    b.output(LOGITS, b.Flatten(layers.conv("scores", mean, channels, classes, 1)), ["N", classes]);
    return b.build();
  },
});

/** Channels into a layer and out of it. */
type Channels = readonly [inputs: number, outputs: number];

/** A convolution and a batch normalization. */
function normalized(layers: Layers, name: string, x: string, io: Channels, kernel: number, stride = 1, group = 1) {
  const [inputs, outputs] = io;
  const convolved = layers.conv(name, x, inputs, outputs, kernel, { stride, group });
  return layers.batchNorm(`${name}.norm`, convolved, outputs);
}

/** The same, rectified. */
const unit = (...layer: Parameters<typeof normalized>): string => layer[0].b.Relu(normalized(...layer));

/** Plain convolutions with pooling between them (after Simonyan & Zisserman 2015). */
const smallVgg = recognizer({
  name: "small-vgg",
  summary: "4 plain convolutions",
  channels: 64,
  features(layers, image) {
    const pooled = (name: string, x: string, channels: Channels) =>
      layers.b.add("AveragePool", [unit(layers, name, x, channels, 3)], {
        kernel_shape: ints([2, 2]),
        strides: ints([2, 2]),
      });
    const x = pooled("conv3", pooled("conv2", pooled("conv1", image, [3, 16]), [16, 32]), [32, 64]);
    return unit(layers, "conv4", x, [64, 64], 3);
  },
});

/** A residual block after each halving of the sides (after He et al. 2016). */
const smallResnet = recognizer({
  name: "small-resnet",
  summary: "3 residual blocks",
  channels: 64,
  features(layers, image) {
    const { b } = layers;
    const block = (stage: string, x: string, [inputs, outputs]: Channels) => {
      const half = unit(layers, `${stage}.down`, x, [inputs, outputs], 3, 2);
      const inner = unit(layers, `${stage}.conv1`, half, [outputs, outputs], 3);
      return b.Relu(b.Add(half, normalized(layers, `${stage}.conv2`, inner, [outputs, outputs], 3)));
    };
    return block("stage3", block("stage2", block("stage1", image, [3, 16]), [16, 32]), [32, 64]);
  },
});

/** Convolutions within each channel, each followed by one across channels (after Howard et al. 2017). */
const smallMobile = recognizer({
  name: "small-mobile",
  summary: "5 depthwise separable convolutions",
  channels: 96,
  features(layers, image) {
    let x = unit(layers, "head", image, [3, 24], 5, 2);
    const pair = (name: string, [inputs, outputs]: Channels, stride = 1) => {
      x = unit(layers, `${name}.depthwise`, x, [inputs, inputs], 3, stride, inputs);
      x = unit(layers, `${name}.pointwise`, x, [inputs, outputs], 1);
    };
    pair("block1", [24, 32]);
    pair("block2", [32, 48], 2);
    pair("block3", [48, 64]);
    pair("block4", [64, 96], 2);
    pair("block5", [96, 96]);
    return x;
  },
});

/** Every recognizer that can be built by name. */
export const recognizerNetworks: readonly RecognizerNetwork[] = [smallVgg, smallResnet, smallMobile];

/**
 * An untrained recognizer for square pictures of `size` pixels; its weights follow from the seed.
 * @throws UserError for an unknown name.
 */
export function smallRecognizer(name: string, classes: number, size: number, seed: number): Graph {
  const network = recognizerNetworks.find((candidate) => candidate.name === name);
  if (network) return network.build(classes, size, seed);
  throw new UserError(
    `there is no recognizer "${name}" to train; give one of ${recognizerNetworks.map((each) => each.name).join(", ")}`,
  );
}
