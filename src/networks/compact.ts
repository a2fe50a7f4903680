import type { GraphBuilder } from "../onnx/builder.js";
import type { Graph } from "../onnx/graph.js";
import { interpolation } from "./bicubic.js";
import { IMAGE, Layers, type Network, RESTORED } from "./network.js";
import { croppedLike } from "./size.js";

interface Size {
  readonly channels: number;
  readonly blocks: number;
}

/**
 * The default processor. Everything happens at a low resolution: residual blocks without normalization (as in EDSR,
 * Lim et al. 2017) draw a correction in factor² · 3 channels, which is added to the bicubically interpolated picture in the
 * same layout, and one pixel shuffle at the end makes the result. It starts out as exact bicubic interpolation. Where
 * the picture keeps its size, the first layer halves it and the correction alone is shuffled (as FFDNet, Zhang et al.
 * 2018, works on a picture of half the size): a quarter of the work, and twice the reach.
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
  const [factor, stride] = scale === 1 ? [2, 2] : [scale, 1];
  let x = layers.conv("head", image, 3, channels, 5, { stride });
  for (let i = 0; i < blocks; i++) {
    const inner = b.Relu(layers.conv(`block${i}.conv1`, x, channels, channels, 3));
    // Small second layers keep the sum of many blocks near its input at first.
    x = b.Add(x, layers.conv(`block${i}.conv2`, inner, channels, channels, 3, { gain: 0.1 }));
  }
  const correction = layers.conv("tail", x, channels, 3 * factor * factor, 3, { gain: 0 });
  const restored = scale === 1 ? corrected(b, image, correction) : enlarged(layers, image, correction, scale);
  b.output(RESTORED, restored, ["N", 3, "H_out", "W_out"]);
  return b.build();
}

/** The image with a correction of half its size, rounded up, in four times the channels. */
const corrected = (b: GraphBuilder, image: string, correction: string): string =>
  b.Add(image, croppedLike(b, b.DepthToSpace(correction, 2, "CRD"), image));

const enlarged = (layers: Layers, image: string, correction: string, scale: number): string =>
  layers.b.DepthToSpace(layers.b.Add(correction, interpolation(layers, image, scale)), scale, "CRD");
