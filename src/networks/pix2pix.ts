import type { Graph } from "../onnx/graph.js";
import { IMAGE, Layers, type Network, RESTORED } from "./network.js";
import { croppedLike } from "./size.js";

/**
 * The ResNet generator of pix2pix and CycleGAN (Isola et al. 2017, Zhu et al. 2017; after Johnson et al. 2016) as Liu et
 * al. use it for denoising, deblocking and as a transformer: 64 channels, two stride-2 convolutions, 6 residual blocks of
 * 256 channels, batch normalization, (tanh + 1) / 2 at the output. Reflection padding requires images of at least 5 x 5
 * pixels.
 */
export const pix2pix: Network = {
  name: "pix2pix",
  summary:
    "ResNet generator of pix2pix as in the paper: 6 residual blocks of 256 channels at a quarter of the resolution",
  scales: [1],
  build: (_, seed) => buildPix2pix(64, 6, seed),
};

/** The ResNet generator with `channels` channels at full resolution and `blocks` residual blocks. */
export function buildPix2pix(channels: number, blocks: number, seed: number): Graph {
  const layers = new Layers("pix2pix", seed);
  const { b } = layers;
  const image = b.input(IMAGE, ["N", 3, "H", "W"]);
  const unit = (name: string, x: string, width: number) => b.Relu(layers.batchNorm(`${name}.norm`, x, width));
  let x = unit("head", layers.conv("head", image, 3, channels, 7, { border: "reflect" }), channels);
  for (let i = 0; i < HALVINGS; i++) {
    const width = channels * 2 ** i;
    x = unit(`down${i}`, layers.conv(`down${i}`, x, width, 2 * width, 3, { stride: 2 }), 2 * width);
  }
  for (let i = 0; i < blocks; i++) x = b.Add(x, residual(layers, `block${i}`, x, channels * 2 ** HALVINGS));
  for (let i = 0; i < HALVINGS; i++) {
    const width = channels * 2 ** (HALVINGS - i);
    x = unit(`up${i}`, layers.deconv(`up${i}`, x, width, width / 2, 3), width / 2);
  }
  // Small initial weights keep the tanh in its linear range.
  const tanh = b.Tanh(layers.conv("tail", x, channels, 3, 7, { border: "reflect", gain: 0.1 }));
  // The stride-2 convolutions round odd sizes up, so the output can have extra rows and columns.
  b.output(RESTORED, croppedLike(b, b.Mul(b.Add(tanh, b.one), b.scalar(0.5)), image), ["N", 3, "H", "W"]);
  return b.build();
}

/** Number of stride-2 convolutions. */
const HALVINGS = 2;

function residual(layers: Layers, name: string, x: string, channels: number): string {
  const convolved = (i: number, value: string) => {
    const conv = layers.conv(`${name}.conv${i}`, value, channels, channels, 3, { border: "reflect" });
    return layers.batchNorm(`${name}.norm${i}`, conv, channels);
  };
  return convolved(2, layers.b.Relu(convolved(1, x)));
}
