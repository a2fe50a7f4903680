import { type Graph, type Node, titleOf, valuesReadBy } from "../onnx/graph.js";
import type { DataType } from "../onnx/tensor.js";
import { isInteger, valueTypes } from "../onnx/types.js";
import { roundedBesideSource, rounds } from "./rounding.js";
import type { Rule } from "./rule.js";
import { rules } from "./rules/index.js";

/** Through which inputs of its nodes the gradient of a graph passes. */
export interface GradientFlow {
  readonly graph: Graph;
  /** The element type of each value, as far as it is known. */
  readonly types: ReadonlyMap<string, DataType>;
  /** Whether a gradient can pass from a node's outputs to its i-th input; true for an operator without a rule. */
  passes(node: Node, i: number): boolean;
}

/** The rule of a node; undefined for an operator without one. */
export const ruleFor = (node: Node): Rule | undefined =>
  node.domain === "" && Object.hasOwn(rules, node.op) ? rules[node.op] : undefined;

/** The inputs of each operator that hold the integers that it computes with; the others are indices, shapes or bounds. */
const integerOperands: Readonly<Record<string, readonly number[]>> = {
  ...Object.fromEntries(
    "Abs Add Clip Concat Div Einsum Gemm Identity MatMul Max Min Mul Neg Sub"
      .split(" ")
      .map((op) => [op, [...Array(16).keys()]]),
  ),
  ...Object.fromEntries(
    (
      "Cast CastLike CumSum DepthToSpace DequantizeLinear Expand Flatten Gather GatherElements GatherND MaxPool Pad Pow ReduceMax " +
      "ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare Relu Reshape Resize Slice SpaceToDepth Split Squeeze Tile TopK " +
      "Transpose Trilu Unsqueeze"
    )
      .split(" ")
      .map((op) => [op, [0]]),
  ),
  ScatterElements: [0, 2],
  ScatterND: [0, 2],
  Where: [1, 2],
};

/** Operators that turn integers into floating-point numbers. */
const toFloat = new Set(["Cast", "CastLike", "DequantizeLinear"]);

/** Whether the i-th input holds operands, where the node computes with integers. */
export const isIntegerOperand = ({ op, domain }: Node, i: number): boolean =>
  domain === "" && (integerOperands[op]?.includes(i) ?? false);

/**
 * Determines through which inputs gradients pass. None passes flat operators, conditions, indices and other integers that
 * are not computed with. Rounding passes it straight through (see `rounds`), unless the rounded value meets its source.
 */
export function gradientFlow(graph: Graph): GradientFlow {
  const types = valueTypes(graph);
  const flatRounding = roundedBesideSource(graph, types, (node) => ruleFor(node)?.isFlat === true);
  const passes = (node: Node, i: number): boolean => {
    if (ruleFor(node)?.isFlat || flatRounding.has(node)) return false;
    const [from, to] = [types.get(node.inputs[i] ?? ""), types.get(node.outputs[0] ?? "")];
    if (from === "bool" || to === "bool" || from === "string" || to === "string") return false;
    if (!isInteger(from)) return true;
    return isIntegerOperand(node, i) && (isInteger(to) || toFloat.has(node.op));
  };
  return { graph, types, passes };
}

/** The sources, and every value whose gradient passes on to one of them. */
export function dependents(graph: Graph, sources: readonly string[], flow = gradientFlow(graph)): Set<string> {
  const found = new Set(sources);
  for (const node of graph.nodes) {
    const inner = valuesReadBy(node).filter((value) => !node.inputs.includes(value));
    if (!node.inputs.some((input, i) => found.has(input) && flow.passes(node, i)) && !inner.some((v) => found.has(v)))
      continue;
    for (const output of node.outputs) if (output !== "") found.add(output);
  }
  return found;
}

/** The nodes on a path of gradients from one of the outputs to one of the sources, the last first. */
export function nodesBetween(graph: Graph, outputs: readonly string[], sources: readonly string[]): Node[] {
  const flow = gradientFlow(graph);
  const depends = dependents(graph, sources, flow);
  const reached = new Set(outputs);
  return graph.nodes.toReversed().filter((node) => {
    const passed = node.inputs.filter((input, i) => depends.has(input) && flow.passes(node, i));
    if (passed.length === 0 || !node.outputs.some((output) => reached.has(output))) return false;
    for (const input of passed) reached.add(input);
    return true;
  });
}

/** The nodes between the outputs and the sources that round, and pass the gradient straight through. */
export function straightThrough(graph: Graph, outputs: readonly string[], sources: readonly string[]): Node[] {
  const types = valueTypes(graph);
  return nodesBetween(graph, outputs, sources)
    .filter((node) => rounds(node, types))
    .reverse();
}

/**
 * The nodes that stop every gradient from an output to the sources, in the order of the graph: they read a value that a
 * gradient would pass, and the output is computed from theirs. Empty if a gradient passes, or if the output does not depend
 * on the sources at all.
 */
export function stopsOf(graph: Graph, output: string, sources: readonly string[]): Node[] {
  const depends = dependents(graph, sources);
  if (depends.has(output)) return [];
  const needed = new Set([output]);
  for (const node of graph.nodes.toReversed())
    if (node.outputs.some((value) => needed.has(value))) for (const value of valuesReadBy(node)) needed.add(value);
  return graph.nodes.filter(
    (node) =>
      !readsShape(node) &&
      valuesReadBy(node).some((value) => depends.has(value)) &&
      node.outputs.some((value) => needed.has(value) && !depends.has(value)),
  );
}

const readsShape = ({ op, domain }: Node): boolean => domain === "" && (op === "Shape" || op === "Size");

/** Number of nodes that a message lists. */
const LISTED = 3;

/** Nodes for a message: `Cast "a", Floor "b" and 2 more`. */
export function titlesOf(nodes: readonly Node[]): string {
  const listed = nodes.slice(0, LISTED).map((node) => `${node.op} "${titleOf(node)}"`);
  const more = nodes.length > LISTED ? ` and ${nodes.length - LISTED} more` : "";
  return `${listed.join(", ")}${more}`;
}
