import type { Graph } from "../graph/graph.js";
import { interpolation } from "./bicubic.js";
import { IMAGE, Layers, type Network, RESTORED } from "./network.js";

interface Size {
  readonly channels: number;
  readonly blocks: number;
}

/**
 * The default processor. Everything happens at the low resolution: residual blocks without normalization (as in EDSR,
 * Lim et al. 2017) draw a correction in scale² · 3 channels, bicubic interpolation in the same layout is added, and one
 * pixel shuffle at the end makes the picture. It starts out as exact bicubic interpolation.
 */
const compact = (name: string, { channels, blocks }: Size): Network => ({
  name,
  summary: `${blocks} residual blocks of ${channels} channels at low resolution over bicubic interpolation`,
  scales: [1, 2, 3, 4],
  build: (scale, seed) => build(name, { channels, blocks }, scale, seed),
});

export const compactS = compact("compact-s", { channels: 32, blocks: 4 });
export const compactM = compact("compact-m", { channels: 64, blocks: 6 });
export const compactL = compact("compact-l", { channels: 64, blocks: 16 });

function build(name: string, { channels, blocks }: Size, scale: number, seed: number): Graph {
  const layers = new Layers(name, seed);
  const { b } = layers;
  const image = b.input(IMAGE, ["N", 3, "H", "W"]);
  const head = layers.conv("head", image, 3, channels, 5);
  let x = head;
  for (let i = 0; i < blocks; i++) {
    const inner = b.Relu(layers.conv(`block${i}.conv1`, x, channels, channels, 3));
    // Small second layers keep the sum of many blocks near its input at first.
    x = b.Add(x, layers.conv(`block${i}.conv2`, inner, channels, channels, 3, { gain: 0.1 }));
  }
  const correction = layers.conv("tail", x, channels, 3 * scale * scale, 3, { gain: 0 });
  const sum = b.Add(correction, interpolation(layers, image, scale));
  b.output(RESTORED, scale > 1 ? b.DepthToSpace(sum, scale, "CRD") : sum, ["N", 3, "H_out", "W_out"]);
  return b.build();
}
