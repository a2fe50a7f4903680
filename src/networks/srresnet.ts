import type { Graph } from "../onnx/graph.js";
import { IMAGE, Layers, type Network, RESTORED } from "./network.js";

/**
 * SRResNet (Ledig et al., CVPR 2017) as Liu et al. use it: 5 residual blocks of 64 channels with batch normalization
 * and PReLU, a long skip connection, one pixel shuffle per factor of 2, 9×9 kernels in the first and last layers, and
 * (tanh + 1) / 2 at the output.
 */
export const srresnet: Network = {
  name: "srresnet",
  summary: "SRResNet as in the paper: 5 residual blocks of 64 channels, batch normalization",
  scales: [1, 2, 4],
  build: (scale, seed) => buildSrresnet(64, 5, scale, seed),
};

/** SRResNet with `blocks` residual blocks of `channels` channels. */
export function buildSrresnet(channels: number, blocks: number, scale: number, seed: number): Graph {
  const layers = new Layers("srresnet", seed);
  const { b } = layers;
  const head = layers.prelu("head.prelu", layers.conv("head", b.input(IMAGE, ["N", 3, "H", "W"]), 3, channels, 9));
  let x = head;
  for (let i = 0; i < blocks; i++) x = b.Add(x, residual(layers, `block${i}`, x, channels));
  x = layers.batchNorm("body.norm", layers.conv("body", x, channels, channels, 3), channels);
  x = b.Add(head, x);
  for (let i = 0; 2 ** i < scale; i++) {
    const wide = layers.conv(`up${i}`, x, channels, 4 * channels, 3);
    x = layers.prelu(`up${i}.prelu`, b.DepthToSpace(wide, 2, "CRD"));
  }
  // Small initial weights keep the tanh in its linear range.
  const tanh = b.Tanh(layers.conv("tail", x, channels, 3, 9, { gain: 0.1 }));
  b.output(RESTORED, b.Mul(b.Add(tanh, b.one), b.scalar(0.5)), ["N", 3, "H_out", "W_out"]);
  return b.build();
}

function residual(layers: Layers, name: string, x: string, channels: number): string {
  const first = layers.batchNorm(`${name}.norm1`, layers.conv(`${name}.conv1`, x, channels, channels, 3), channels);
  const second = layers.conv(`${name}.conv2`, layers.prelu(`${name}.prelu`, first), channels, channels, 3);
  return layers.batchNorm(`${name}.norm2`, second, channels);
}
