import type { Layers } from "../network.js";
import { averagePool } from "./pool.js";
import { type Features, recognizer, unit } from "./recognizer.js";

/** Growth rate: channels that each layer adds. */
const GROWTH = 16;
/** Number of layers of each block. */
const BLOCKS = [4, 6, 6];

/** DenseNet-BC (Huang et al., CVPR 2017): dense blocks with bottlenecks; transitions halve the number of channels. */
export const densenet = recognizer({
  name: "densenet",
  summary: "DenseNet-BC: 3 dense blocks of 4, 6 and 6 layers, growth rate 16",
  features(layers, image) {
    let features: Features = { x: unit(layers, "head", image, [3, 2 * GROWTH], 3, 2), channels: 2 * GROWTH };
    for (const [block, depth] of BLOCKS.entries()) {
      if (block > 0) features = transition(layers, `transition${block}`, features);
      for (let i = 0; i < depth; i++) features = denseLayer(layers, `block${block}.layer${i}`, features);
    }
    return { ...features, x: rectified(layers, "tail", features) };
  },
});

const rectified = (layers: Layers, name: string, { x, channels }: Features) =>
  layers.b.Relu(layers.batchNorm(`${name}.norm`, x, channels));

/** A dense layer: norm, ReLU, 1 x 1 convolution, norm, ReLU, 3 x 3 convolution; the output is concatenated to the input. */
function denseLayer(layers: Layers, name: string, features: Features): Features {
  const { x, channels } = features;
  const narrow = unit(layers, `${name}.conv1`, rectified(layers, name, features), [channels, 4 * GROWTH], 1);
  const added = layers.conv(`${name}.conv2`, narrow, 4 * GROWTH, GROWTH, 3);
  return { x: layers.b.Concat([x, added], 1), channels: channels + GROWTH };
}

/** Norm, ReLU, 1 x 1 convolution to half of the channels, 2 x 2 average pooling. */
function transition(layers: Layers, name: string, features: Features): Features {
  const { channels } = features;
  const x = layers.conv(name, rectified(layers, name, features), channels, channels / 2, 1);
  return { x: averagePool(layers.b, x), channels: channels / 2 };
}
