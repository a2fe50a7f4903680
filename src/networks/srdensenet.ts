import type { Graph } from "../onnx/graph.js";
import { IMAGE, Layers, type Network, RESTORED } from "./network.js";

/**
 * SRDenseNet (Tong et al., ICCV 2017) as Liu et al. use it: 8 dense blocks of 8 layers, each adding 16 channels, a
 * bottleneck of 128 channels, and one transposed convolution for every factor of 2.
 */
export const srdensenet: Network = {
  name: "srdensenet",
  summary: "SRDenseNet as in the paper: 8 dense blocks of 8 layers, each adding 16 channels",
  scales: [2, 4],
  build: (scale, seed) => buildSrdensenet({ growth: 16, layers: 8, blocks: 8, bottleneck: 128 }, scale, seed),
};

export interface SrdensenetSize {
  /** Channels that a layer adds. */
  readonly growth: number;
  /** Layers in a block. */
  readonly layers: number;
  readonly blocks: number;
  /** Channels that all of them are brought down to before the picture is enlarged. */
  readonly bottleneck: number;
}

/**
 * SRDenseNet of any width and depth. Every layer reads the outputs of all before it, those of earlier blocks too (Tong et
 * al., "SRDenseNet_All"), so that the blocks are one chain of layers.
 */
export function buildSrdensenet(
  { growth, layers: depth, blocks, bottleneck }: SrdensenetSize,
  scale: number,
  seed: number,
): Graph {
  const layers = new Layers("srdensenet", seed);
  const { b } = layers;
  const known = [b.Relu(layers.conv("head", b.input(IMAGE, ["N", 3, "H", "W"]), 3, growth, 3))];
  const all = () => (known.length > 1 ? b.Concat(known, 1) : (known[0] as string));
  for (let block = 0; block < blocks; block++)
    for (let i = 0; i < depth; i++)
      known.push(b.Relu(layers.conv(`block${block}.conv${i}`, all(), known.length * growth, growth, 3)));
  let x = layers.conv("bottleneck", all(), known.length * growth, bottleneck, 1);
  for (let i = 0; 2 ** i < scale; i++) x = layers.deconv(`up${i}`, x, bottleneck, bottleneck, 4);
  // A small last layer starts near black, and not with large random values.
  b.output(RESTORED, layers.conv("tail", x, bottleneck, 3, 3, { gain: 0.1 }), ["N", 3, "H_out", "W_out"]);
  return b.build();
}
