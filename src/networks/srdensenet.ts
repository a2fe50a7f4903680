import type { Graph } from "../onnx/graph.js";
import { IMAGE, Layers, type Network, RESTORED } from "./network.js";

/**
 * SRDenseNet (Tong et al., ICCV 2017) as Liu et al. use it: 8 dense blocks of 8 layers with growth rate 16, a bottleneck of
 * 128 channels, and one transposed convolution per factor of 2.
 */
export const srdensenet: Network = {
  name: "srdensenet",
  summary: "SRDenseNet as in the paper: 8 dense blocks of 8 layers, growth rate 16",
  scales: [2, 4],
  build: (scale, seed) => buildSrdensenet({ growth: 16, layers: 8, blocks: 8, bottleneck: 128 }, scale, seed),
};

/** Hyperparameters of an SRDenseNet. */
export interface SrdensenetSize {
  /** Growth rate: channels that each layer adds. */
  readonly growth: number;
  /** Layers per block. */
  readonly layers: number;
  readonly blocks: number;
  /** Output channels of the 1 x 1 convolution before upsampling. */
  readonly bottleneck: number;
}

/**
 * SRDenseNet of any width and depth. Each layer reads the outputs of all earlier layers, including those of earlier blocks
 * (Tong et al., "SRDenseNet_All").
 */
export function buildSrdensenet(
  { growth, layers: depth, blocks, bottleneck }: SrdensenetSize,
  scale: number,
  seed: number,
): Graph {
  const layers = new Layers("srdensenet", seed);
  const { b } = layers;
  const features = [b.Relu(layers.conv("head", b.input(IMAGE, ["N", 3, "H", "W"]), 3, growth, 3))];
  const all = () => (features.length > 1 ? b.Concat(features, 1) : (features[0] as string));
  for (let block = 0; block < blocks; block++)
    for (let i = 0; i < depth; i++)
      features.push(b.Relu(layers.conv(`block${block}.conv${i}`, all(), features.length * growth, growth, 3)));
  let x = layers.conv("bottleneck", all(), features.length * growth, bottleneck, 1);
  for (let i = 0; 2 ** i < scale; i++) x = layers.deconv(`up${i}`, x, bottleneck, bottleneck, 4);
  // Small initial weights make the first outputs near 0 instead of large random values.
  b.output(RESTORED, layers.conv("tail", x, bottleneck, 3, 3, { gain: 0.1 }), ["N", 3, "H_out", "W_out"]);
  return b.build();
}
