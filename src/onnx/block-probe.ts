import { GraphBuilder } from "./builder.js";
import type { Graph } from "./graph.js";
import { NCHWC } from "./nchwc-weights.js";
import { float32, type Tensor } from "./tensor.js";

const [CHANNELS, POSITIONS] = [64, 2];

/** A graph from x to y that brings x to ONNX Runtime's blocked layout [N, C / block, H, W, block], and consecutive numbers as x. */
export function blockProbe(): { readonly graph: Graph; readonly x: Tensor } {
  const shape = [1, CHANNELS, 1, POSITIONS];
  const b = new GraphBuilder("block size");
  b.output("y", b.addCustom(NCHWC, "ReorderInput", [b.input("x", shape)], {}));
  const numbers = Float32Array.from({ length: CHANNELS * POSITIONS }, (_, i) => i);
  return { graph: b.build(), x: float32(numbers, shape) };
}

/** The number of channels in a block, from the y of `blockProbe`; null if it is not in blocks. */
export function probedBlock(y: Float32Array): number | null {
  // Within a block, neighbors in memory are the same position of consecutive channels.
  const size = y.findIndex((value, i) => value !== i * POSITIONS);
  return size > 1 && CHANNELS % size === 0 ? size : null;
}
