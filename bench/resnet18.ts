import { Layers } from "../src/networks/network.js";
import type { Graph } from "../src/onnx/graph.js";
import { float32 } from "../src/onnx/tensor.js";

/**
 * ResNet-18 (He et al. 2016) with random weights and folded batch normalizations, for timing. Input: `image`
 * [N, 3, 224, 224]; output: `logits` [N, 1000].
 */
export function resnet18(): Graph {
  const layers = new Layers("resnet18", 0);
  const b = layers.b;
  const image = b.input("image", ["N", 3, 224, 224]);
  const stem = b.Relu(layers.conv("stem", image, 3, 64, 7, { stride: 2 }));
  const pool = { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] };
  const attributes = Object.fromEntries(
    Object.entries(pool).map(([k, value]) => [k, { kind: "ints" as const, value }]),
  );
  let x = b.add("MaxPool", [stem], attributes);
  let channels = 64;
  for (const [stage, width] of [64, 128, 256, 512].entries())
    for (const block of [0, 1]) {
      const stride = stage > 0 && block === 0 ? 2 : 1;
      const name = `stage${stage}.${block}`;
      const inner = b.Relu(layers.conv(`${name}.a`, x, channels, width, 3, { stride }));
      const outer = layers.conv(`${name}.b`, inner, width, width, 3);
      const shortcut = stride === 1 ? x : layers.conv(`${name}.shortcut`, x, channels, width, 1, { stride });
      x = b.Relu(b.Add(outer, shortcut));
      channels = width;
    }
  const head = b.initializer("head", float32(new Float32Array(512 * 1000).fill(1e-3), [512, 1000]));
  b.output("logits", b.MatMul(b.Flatten(b.GlobalAveragePool(x)), head), ["N", 1000]);
  return b.build();
}
