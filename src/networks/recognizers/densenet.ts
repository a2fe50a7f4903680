import type { Layers } from "../network.js";
import { averagePool } from "./pool.js";
import { type Features, recognizer, unit } from "./recognizer.js";

/** Channels that a layer adds. */
const GROWTH = 16;
/** Layers of each block. */
const BLOCKS = [4, 6, 6];

/** DenseNet-BC (Huang et al., CVPR 2017): each layer reads all before it; between blocks half of the channels are kept. */
export const densenet = recognizer({
  name: "densenet",
  summary: "DenseNet-BC: 3 dense blocks of 4, 6 and 6 layers, each adding 16 channels",
  features(layers, image) {
    let features: Features = { x: unit(layers, "head", image, [3, 2 * GROWTH], 3, 2), channels: 2 * GROWTH };
    for (const [block, depth] of BLOCKS.entries()) {
      if (block > 0) features = transition(layers, `transition${block}`, features);
      for (let i = 0; i < depth; i++) features = grown(layers, `block${block}.layer${i}`, features);
    }
    return { ...features, x: rectified(layers, "tail", features) };
  },
});

const rectified = (layers: Layers, name: string, { x, channels }: Features) =>
  layers.b.Relu(layers.batchNorm(`${name}.norm`, x, channels));

/** Normalize, rectify, convolve 1 x 1 to a bottleneck, then the same with 3 x 3; what comes out is put beside the rest. */
function grown(layers: Layers, name: string, features: Features): Features {
  const { x, channels } = features;
  const narrow = unit(layers, `${name}.conv1`, rectified(layers, name, features), [channels, 4 * GROWTH], 1);
  const added = layers.conv(`${name}.conv2`, narrow, 4 * GROWTH, GROWTH, 3);
  return { x: layers.b.Concat([x, added], 1), channels: channels + GROWTH };
}

function transition(layers: Layers, name: string, features: Features): Features {
  const { channels } = features;
  const x = layers.conv(name, rectified(layers, name, features), channels, channels / 2, 1);
  return { x: averagePool(layers.b, x), channels: channels / 2 };
}
