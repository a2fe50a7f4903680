import type { Graph } from "../graph/graph.js";
import { float32 } from "../graph/tensor.js";
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
  const sum = b.Add(correction, interpolation(layers, image, scale));
  b.output(RESTORED, scale > 1 ? b.DepthToSpace(sum, scale, "CRD") : sum, ["N", 3, "H_out", "W_out"]);
  return b.build();
}

/** Reach of bicubic interpolation on the low resolution grid, in pixels to each side. */
const REACH = 2;

/** Bicubic interpolation as a fixed convolution [N, 3, H, W] -> [N, 3·scale², H, W]; the edge pixels go on outside. */
function interpolation({ b }: Layers, image: string, scale: number): string {
  if (scale === 1) return image;
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
  const weight = b.initializer(`${FIXED}bicubic`, float32(weights, [3 * scale * scale, 3, width, width]));
  return b.Conv(b.Pad(image, [0, 0, REACH, REACH, 0, 0, REACH, REACH], "", "edge"), weight);
}

/** Bicubic weights (Pillow's, a = -0.5) of the low resolution pixels -REACH … REACH for one of the `scale` new pixels that each becomes. */
function phaseWeights(phase: number, scale: number): number[] {
  const position = (phase + 0.5) / scale - 0.5;
  const weights = Array.from({ length: 2 * REACH + 1 }, (_, i) => cubic(Math.abs(i - REACH - position)));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}
