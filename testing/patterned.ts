import { FIXED } from "../src/networks/network.js";
import type { Graph } from "../src/onnx/graph.js";
import { float32, type Tensor } from "../src/onnx/tensor.js";

/**
 * The network with weights that are easy to reproduce in another framework. For weight k = 1, 2, …, value j becomes
 * a·sin(k + 0.37·j) with a = 1.5 / √(values per output) if the weight has more than one axis; for a vector,
 * 0.1·sin(k + 0.37·j) is added to value j.
 */
export function patterned(graph: Graph): Graph {
  let count = 0;
  const weights = [...graph.initializers].map(([name, tensor]): [string, Tensor] => {
    const { type, shape, data } = tensor;
    if (type !== "float32" || shape.length === 0 || /^constant_/.test(name) || name.startsWith(FIXED))
      return [name, tensor];
    const k = ++count;
    const [start, factor] = shape.length > 1 ? [0, 1.5 / Math.sqrt(data.length / (shape[0] ?? 1))] : [1, 0.1];
    const values = Array.from(data as Float32Array, (value, j) => start * value + factor * Math.sin(k + 0.37 * j));
    return [name, float32(values, shape)];
  });
  return { ...graph, initializers: new Map(weights) };
}
