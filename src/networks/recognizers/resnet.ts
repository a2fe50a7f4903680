import type { Layers } from "../network.js";
import { type Channels, normalized, recognizer, unit } from "./recognizer.js";

/** Channels of each stage. */
const WIDTHS = [32, 64, 128, 256];
/** Blocks per stage. */
const BLOCKS = 2;

/** ResNet-18 (He et al., CVPR 2016) at half width, with one stride-2 3 x 3 convolution as its stem. */
export const resnet = recognizer({
  name: "resnet",
  summary: "ResNet-18 at half width: 8 residual blocks of 32 to 256 channels",
  features(layers, image) {
    let channels = WIDTHS[0] as number;
    let x = unit(layers, "head", image, [3, channels], 3, 2);
    for (const [stage, width] of WIDTHS.entries())
      for (let i = 0; i < BLOCKS; i++) {
        x = residualBlock(layers, `stage${stage}.block${i}`, x, [channels, width], stage > 0 && i === 0 ? 2 : 1);
        channels = width;
      }
    return { x, channels };
  },
});

/** A residual block: two 3 x 3 convolutions and a skip, which is a 1 x 1 convolution where the shape changes. */
export function residualBlock(layers: Layers, name: string, x: string, io: Channels, stride: number): string {
  const [inputs, outputs] = io;
  const inner = unit(layers, `${name}.conv1`, x, io, 3, stride);
  const outer = normalized(layers, `${name}.conv2`, inner, [outputs, outputs], 3);
  const skip = inputs === outputs ? x : normalized(layers, `${name}.skip`, x, io, 1, stride);
  return layers.b.Relu(layers.b.Add(skip, outer));
}
