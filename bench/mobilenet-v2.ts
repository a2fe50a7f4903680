import { Layers } from "../src/networks/network.js";
import type { Graph } from "../src/onnx/graph.js";
import { float32 } from "../src/onnx/tensor.js";

/** Expansion, channels, blocks and stride of the first block of each stage (Sandler et al. 2018, table 2). */
const stages = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
] as const;

/**
 * MobileNetV2 with random weights and folded batch normalizations, for timing. Input: `image` [N, 3, 224, 224]; output:
 * `logits` [N, 1000].
 */
export function mobilenetV2(): Graph {
  const layers = new Layers("mobilenet-v2", 0);
  const b = layers.b;
  const relu6 = (x: string) => b.Clip(x, b.zero, b.scalar(6));
  let x = relu6(layers.conv("stem", b.input("image", ["N", 3, 224, 224]), 3, 32, 3, { stride: 2 }));
  let channels = 32;
  for (const [stage, [expansion, width, blocks, first]] of stages.entries())
    for (let block = 0; block < blocks; block++) {
      const name = `stage${stage}.${block}`;
      const stride = block === 0 ? first : 1;
      const hidden = channels * expansion;
      const expanded = expansion === 1 ? x : relu6(layers.conv(`${name}.expand`, x, channels, hidden, 1));
      const depthwise = relu6(layers.conv(`${name}.depthwise`, expanded, hidden, hidden, 3, { stride, group: hidden }));
      const projected = layers.conv(`${name}.project`, depthwise, hidden, width, 1);
      x = stride === 1 && channels === width ? b.Add(x, projected) : projected;
      channels = width;
    }
  const features = relu6(layers.conv("last", x, channels, 1280, 1));
  const head = b.initializer("head", float32(new Float32Array(1280 * 1000).fill(1e-3), [1280, 1000]));
  b.output("logits", b.MatMul(b.Flatten(b.GlobalAveragePool(features)), head), ["N", 1000]);
  return b.build();
}
