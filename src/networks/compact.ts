import type { GraphBuilder } from "../graph/builder.js";
import type { Graph } from "../graph/graph.js";
import { float32, type Tensor } from "../graph/tensor.js";
import { cubic } from "../images/resize.js";
import { IMAGE, Layers, type Network, RESTORED } from "./network.js";

/** Layers from here on are constants of the network and never trained. */
export const FIXED = "fixed.";

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
  if (scale === 1) b.output(RESTORED, b.Add(correction, image), ["N", 3, "H_out", "W_out"]);
  else
    b.output(RESTORED, b.DepthToSpace(enlarged(b, image, correction, scale), scale, "CRD"), ["N", 3, "H_out", "W_out"]);
  return b.build();
}

/**
 * Interpolation plus correction, and what makes the result consistent with the image it came from: reduced again it would
 * differ from the image by some remainder, and the interpolated remainder is added (one step of back-projection, Irani &
 * Peleg 1991). So a loss can draw detail but not shift colors or brightness, which people mind and other recognizers too.
 * All in the layout [N, 3·scale², H, W].
 */
function enlarged(b: GraphBuilder, image: string, correction: string, scale: number): string {
  const up = b.initializer(`${FIXED}bicubic`, interpolationWeights(scale));
  const down = b.initializer(`${FIXED}reduction`, reductionWeights(scale));
  const throughEdge = (x: string, weight: string) =>
    b.Conv(b.Pad(x, [0, 0, REACH, REACH, 0, 0, REACH, REACH], "", "edge"), weight);
  const drawn = b.Add(correction, throughEdge(image, up));
  const remainder = b.Sub(image, throughEdge(drawn, down));
  return b.Add(drawn, throughEdge(remainder, up));
}

/** Reach of bicubic interpolation on the low resolution grid, in pixels to each side. */
const REACH = 2;

/** Bicubic interpolation as a convolution: [3·scale², 3, 5, 5]. The edge pixels go on outside. */
function interpolationWeights(scale: number): Tensor {
  const width = 2 * REACH + 1;
  const weights = new Float32Array(3 * scale * scale * 3 * width * width);
  for (let channel = 0; channel < 3; channel++)
    for (let phase = 0; phase < scale * scale; phase++) {
      const rows = phaseWeights(Math.floor(phase / scale), scale);
      const columns = phaseWeights(phase % scale, scale);
      const start = ((channel * scale * scale + phase) * 3 + channel) * width * width;
      for (let i = 0; i < width * width; i++)
        weights[start + i] = (rows[Math.floor(i / width)] ?? 0) * (columns[i % width] ?? 0);
    }
  return float32(weights, [3 * scale * scale, 3, width, width]);
}

/** Antialiased bicubic reduction as a convolution over the enlarged picture's phases: [3, 3·scale², 5, 5]. */
function reductionWeights(scale: number): Tensor {
  const width = 2 * REACH + 1;
  const taps = reductionTaps(scale);
  const at = (offset: number, phase: number) => taps[offset * scale + phase] ?? 0;
  const weights = new Float32Array(3 * 3 * scale * scale * width * width);
  for (let channel = 0; channel < 3; channel++)
    for (let phase = 0; phase < scale * scale; phase++) {
      const start = ((channel * 3 + channel) * scale * scale + phase) * width * width;
      for (let i = 0; i < width * width; i++)
        weights[start + i] = at(Math.floor(i / width), Math.floor(phase / scale)) * at(i % width, phase % scale);
    }
  return float32(weights, [3, 3 * scale * scale, width, width]);
}

/** Bicubic weights of the new pixels of the low resolution pixels -REACH … REACH for the one in the middle: its kernel is widened by the scale. */
function reductionTaps(scale: number): number[] {
  const middle = scale * REACH + scale / 2;
  const taps = Array.from({ length: scale * (2 * REACH + 1) }, (_, i) => cubic(Math.abs(i + 0.5 - middle) / scale));
  const total = taps.reduce((sum, weight) => sum + weight, 0);
  return taps.map((weight) => weight / total);
}

/** Bicubic weights (Pillow's, a = -0.5) of the low resolution pixels -REACH … REACH for one of the `scale` new pixels that each becomes. */
function phaseWeights(phase: number, scale: number): number[] {
  const position = (phase + 0.5) / scale - 0.5;
  const weights = Array.from({ length: 2 * REACH + 1 }, (_, i) => cubic(Math.abs(i - REACH - position)));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}
