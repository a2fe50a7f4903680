import { attribute, type Graph, type Node } from "../src/onnx/graph.js";
import type { Tensor } from "../src/onnx/tensor.js";

/** What a library makes of one operator: its inputs (undefined where left out) to its output. */
export type Operator<T> = (inputs: readonly (T | undefined)[], node: Node) => T;

/** Says what of a graph a library cannot do; null when it can do all of it. */
export function lacks(graph: Graph, operators: Readonly<Record<string, unknown>>): string | null {
  const missing = new Set(graph.nodes.map(({ op }) => op).filter((op) => !(op in operators)));
  return missing.size > 0 ? `no ${[...missing].join(", ")} in it` : null;
}

/**
 * Runs a graph with one input and one output through another library's operators.
 * @param constants the initializers in the library's form, made beforehand
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

/** The initializers of a graph in a library's form. */
export const constantsOf = <T>(graph: Graph, convert: (tensor: Tensor, name: string) => T): Map<string, T> =>
  new Map([...graph.initializers].map(([name, tensor]) => [name, convert(tensor, name)]));

/** A window's strides and its padding before each axis, which is the same behind it. */
export const windowOf = (node: Node) => ({
  strides: attribute(node, "strides", "ints", [1, 1]) as [number, number],
  pads: attribute(node, "pads", "ints", [0, 0, 0, 0]).slice(0, 2) as [number, number],
  kernel: attribute(node, "kernel_shape", "ints", []),
  group: attribute(node, "group", "int", 1),
});
