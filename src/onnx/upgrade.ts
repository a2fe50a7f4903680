import type { Attribute, Node } from "./graph.js";
import type { Tensor } from "./tensor.js";

/** What brings one node to the form of opset 21 gets to work with. */
export interface UpgradeContext {
  /** The opset that the node was written for. */
  readonly opset: number;
  /** Puts a node in front and returns its output: a new name unless one is given. */
  add(op: string, inputs: readonly string[], attributes?: Node["attributes"], output?: string): string;
  /** Adds a constant and returns its name. */
  constant(tensor: Tensor): string;
  /** The value of an initializer or constant. */
  known(value: string): Tensor | undefined;
  /** How many axes a value has, where that is plain without running the graph. */
  rank(value: string): number | undefined;
}

/** Returns the node in its new form; the outputs keep their names. */
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

/** The node with `value` as its input at a position; inputs left out before it become "". */
export const withInput = (node: Node, position: number, value: string): Node => ({
  ...node,
  inputs: Array.from({ length: Math.max(node.inputs.length, position + 1) }, (_, i) =>
    i === position ? value : (node.inputs[i] ?? ""),
  ),
});
