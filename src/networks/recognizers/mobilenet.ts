import type { Layers } from "../network.js";
import { type Channels, normalized, recognizer, unit } from "./recognizer.js";

/** Expansion factor of the inverted residual blocks. */
const EXPANSION = 4;
/** Output channels, number of blocks and stride of the first block, by stage. */
const STAGES = [
  { width: 24, blocks: 2, stride: 1 },
  { width: 32, blocks: 2, stride: 2 },
  { width: 64, blocks: 3, stride: 2 },
  { width: 96, blocks: 2, stride: 2 },
];
const LAST_CHANNELS = 256;

/** A smaller MobileNetV2 (Sandler et al., CVPR 2018): inverted residual blocks with depthwise convolutions. */
export const mobilenet = recognizer({
  name: "mobilenet",
  summary: "smaller MobileNetV2: 9 inverted residual blocks with depthwise convolutions",
  features(layers, image) {
    let channels = 16;
    let x = unit(layers, "head", image, [3, channels], 3, 2);
    for (const [stage, { width, blocks, stride }] of STAGES.entries())
      for (let i = 0; i < blocks; i++) {
        x = block(layers, `stage${stage}.block${i}`, x, [channels, width], i === 0 ? stride : 1);
        channels = width;
      }
    return { x: unit(layers, "last", x, [channels, LAST_CHANNELS], 1), channels: LAST_CHANNELS };
  },
});

/** An inverted residual block: expand, depthwise convolution, linear projection; with a skip where shapes match. */
function block(layers: Layers, name: string, x: string, [inputs, outputs]: Channels, stride: number): string {
  const wide = EXPANSION * inputs;
  const expanded = unit(layers, `${name}.expand`, x, [inputs, wide], 1);
  const filtered = unit(layers, `${name}.depthwise`, expanded, [wide, wide], 3, stride, wide);
  const projected = normalized(layers, `${name}.project`, filtered, [wide, outputs], 1);
  return inputs === outputs && stride === 1 ? layers.b.Add(x, projected) : projected;
}
