import type { Attribute, Node } from "./graph.js";
import type { Tensor } from "./tensor.js";

/** The context in which one node is converted to opset 21. */
export interface UpgradeContext {
  /** The opset of the node. */
  readonly opset: number;
  /** Adds a node before this one and returns its output, which has a fresh name by default. */
  add(op: string, inputs: readonly string[], attributes?: Node["attributes"], output?: string): string;
  /** Adds a constant and returns its name. */
  constant(tensor: Tensor): string;
  /** The value of an initializer or constant. */
  known(value: string): Tensor | undefined;
  /** The number of axes of a value; undefined if it is not known without running the graph. */
  rank(value: string): number | undefined;
}

/** Converts a node to opset 21; the outputs keep their names. */
export type Upgrade = (node: Node, context: UpgradeContext) => Node;

/** The node without some attributes. */
export const without = (node: Node, ...names: readonly string[]): Node => ({
  ...node,
  attributes: Object.fromEntries(Object.entries(node.attributes).filter(([key]) => !names.includes(key))),
});

/** The node with an attribute set. */
export const withAttribute = (node: Node, name: string, value: Attribute): Node => ({
  ...node,
  attributes: { ...node.attributes, [name]: value },
});

/** The node with `value` as its input at a position; missing inputs before it become "". */
export const withInput = (node: Node, position: number, value: string): Node => ({
  ...node,
  inputs: Array.from({ length: Math.max(node.inputs.length, position + 1) }, (_, i) =>
    i === position ? value : (node.inputs[i] ?? ""),
  ),
});
