import { cubic } from "../images/resize.js";
import { float32 } from "../onnx/tensor.js";
import { FIXED, type Layers } from "./network.js";

/** Enlarges an image [N, 3, H, W] by bicubic interpolation. Returns [N, 3, scale·H, scale·W]. */
export function enlarged(layers: Layers, image: string, scale: number): string {
  const phases = interpolation(layers, image, scale);
  return scale > 1 ? layers.b.DepthToSpace(phases, scale, "CRD") : phases;
}

/** Radius of the bicubic kernel, in low-resolution pixels. */
const RADIUS = 2;

/** Bicubic interpolation as a fixed convolution [N, 3, H, W] -> [N, 3·scale², H, W]. Edge pixels are replicated. */
export function interpolation({ b }: Layers, image: string, scale: number): string {
  if (scale === 1) return image;
  const width = 2 * RADIUS + 1;
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
  return b.Conv(b.Pad(image, [0, 0, RADIUS, RADIUS, 0, 0, RADIUS, RADIUS], "", "edge"), weight);
}

/** Bicubic weights (a = -0.5, as in Pillow) of the low-resolution pixels -RADIUS … RADIUS for one of the `scale` phases. */
function phaseWeights(phase: number, scale: number): number[] {
  const position = (phase + 0.5) / scale - 0.5;
  const weights = Array.from({ length: 2 * RADIUS + 1 }, (_, i) => cubic(Math.abs(i - RADIUS - position)));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}
