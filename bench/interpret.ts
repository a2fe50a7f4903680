import { attribute, type Graph, type Node } from "../src/onnx/graph.js";
import type { Tensor } from "../src/onnx/tensor.js";

/** A library's implementation of an operator. Omitted inputs are undefined. */
export type Operator<T> = (inputs: readonly (T | undefined)[], node: Node) => T;

/** The reason why a library cannot run a graph; null if it has all operators. */
export function unsupportedReason(graph: Graph, operators: Readonly<Record<string, unknown>>): string | null {
  const missing = new Set(graph.nodes.map(({ op }) => op).filter((op) => !(op in operators)));
  return missing.size > 0 ? `it does not implement ${[...missing].join(", ")}` : null;
}

/**
 * Runs a graph with one input and one output with another library's operators.
 * @param constants the initializers as the library's tensors
 */
export function interpret<T>(
  graph: Graph,
  operators: Readonly<Record<string, Operator<T>>>,
  constants: ReadonlyMap<string, T>,
  input: T,
): T {
  const values = new Map<string, T>([...constants, [graph.inputs[0]?.name ?? "", input]]);
  for (const node of graph.nodes) {
    const inputs = node.inputs.map((name) => values.get(name));
    values.set(node.outputs[0] ?? "", (operators[node.op] as Operator<T>)(inputs, node));
  }
  return values.get(graph.outputs[0]?.name ?? "") as T;
}

/** The initializers of a graph as a library's tensors. */
export const constantsOf = <T>(graph: Graph, convert: (tensor: Tensor, name: string) => T): Map<string, T> =>
  new Map([...graph.initializers].map(([name, tensor]) => [name, convert(tensor, name)]));

/** The attributes of a window. `pads` holds one symmetric padding per axis. */
export const windowOf = (node: Node) => ({
  strides: attribute(node, "strides", "ints", [1, 1]) as [number, number],
  pads: attribute(node, "pads", "ints", [0, 0, 0, 0]).slice(0, 2) as [number, number],
  kernel: attribute(node, "kernel_shape", "ints", []),
  group: attribute(node, "group", "int", 1),
});
