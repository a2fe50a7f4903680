import type { Graph } from "../onnx/graph.js";
import { enlarged } from "./bicubic.js";
import { IMAGE, Layers, type Network, RESTORED } from "./network.js";
import { croppedLike } from "./size.js";

/**
 * A U-Net (Ronneberger et al. 2015) that predicts a residual, added to the image after bicubic interpolation to the output
 * size: pairs of convolutions of 32, 64 and 128 channels at three resolutions. The initial weights compute exact
 * interpolation. Images of any size are accepted.
 */
export const unet: Network = {
  name: "unet",
  summary: "U-Net: pairs of convolutions of 32 to 128 channels at 3 resolutions, added to bicubic interpolation",
  scales: [1, 2, 3, 4],
  build: (scale, seed) => buildUnet([32, 64, 128], scale, seed),
};

/** A U-Net with one resolution per entry of `widths`, the numbers of channels from full resolution down. */
export function buildUnet(widths: readonly number[], scale: number, seed: number): Graph {
  const layers = new Layers("unet", seed);
  const { b } = layers;
  const start = enlarged(layers, b.input(IMAGE, ["N", 3, "H", "W"]), scale);
  const pair = (name: string, x: string, inputs: number, outputs: number, stride = 1) => {
    const first = b.Relu(layers.conv(`${name}.conv1`, x, inputs, outputs, 3, { stride }));
    return b.Relu(layers.conv(`${name}.conv2`, first, outputs, outputs, 3));
  };
  let [x, channels] = [start, 3];
  const skips: { x: string; channels: number }[] = [];
  for (const [level, width] of widths.entries()) {
    x = pair(`down${level}`, x, channels, width, level === 0 ? 1 : 2);
    channels = width;
    skips.push({ x, channels });
  }
  for (let level = widths.length - 2; level >= 0; level--) {
    const skip = skips[level] as (typeof skips)[number];
    // The stride-2 convolutions round odd sizes up.
    const doubled = croppedLike(b, layers.deconv(`up${level}`, x, channels, skip.channels, 2), skip.x);
    x = pair(`up${level}`, b.Concat([skip.x, doubled], 1), 2 * skip.channels, skip.channels);
    channels = skip.channels;
  }
  b.output(RESTORED, b.Add(start, layers.conv("tail", x, channels, 3, 3, { gain: 0 })), ["N", 3, "H_out", "W_out"]);
  return b.build();
}
