import type { Layers } from "../network.js";
import { type Channels, normalized, recognizer, unit } from "./recognizer.js";

/** How many times wider a block is inside. */
const EXPANSION = 4;
/** Channels, blocks and the first stride of each stage. */
const STAGES = [
  { width: 24, blocks: 2, stride: 1 },
  { width: 32, blocks: 2, stride: 2 },
  { width: 64, blocks: 3, stride: 2 },
  { width: 96, blocks: 2, stride: 2 },
];
const LAST = 256;

/** MobileNetV2 (Sandler et al., CVPR 2018), smaller: inverted residual blocks around depthwise convolutions. */
export const mobilenet = recognizer({
  name: "mobilenet",
  summary: "MobileNetV2, smaller: 9 inverted residual blocks around depthwise convolutions",
  features(layers, image) {
    let channels = 16;
    let x = unit(layers, "head", image, [3, channels], 3, 2);
    for (const [stage, { width, blocks, stride }] of STAGES.entries())
      for (let i = 0; i < blocks; i++) {
        x = block(layers, `stage${stage}.block${i}`, x, [channels, width], i === 0 ? stride : 1);
        channels = width;
      }
    return { x: unit(layers, "last", x, [channels, LAST], 1), channels: LAST };
  },
});

/** Widen, filter each channel by itself, narrow without a rectifier; with a skip where the shape stays. */
function block(layers: Layers, name: string, x: string, [inputs, outputs]: Channels, stride: number): string {
  const wide = EXPANSION * inputs;
  const widened = unit(layers, `${name}.expand`, x, [inputs, wide], 1);
  const filtered = unit(layers, `${name}.depthwise`, widened, [wide, wide], 3, stride, wide);
  const narrowed = normalized(layers, `${name}.project`, filtered, [wide, outputs], 1);
  return inputs === outputs && stride === 1 ? layers.b.Add(x, narrowed) : narrowed;
}
