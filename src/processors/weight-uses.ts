import { attribute, type Graph, type Node } from "../onnx/graph.js";
import { floatCodes } from "../onnx/schema.js";
import { type Uses, usesOf } from "../onnx/uses.js";

/** The inputs of an operator that hold trained weights. */
const weightInputs: Readonly<Record<string, readonly number[]>> = {
  Conv: [1, 2],
  ConvTranspose: [1, 2],
  Gemm: [1, 2],
  MatMul: [1],
  PRelu: [1],
  BatchNormalization: [1, 2],
  InstanceNormalization: [1, 2],
  GroupNormalization: [1, 2],
  LayerNormalization: [1, 2],
};

/** Operators that return the elements of their first input in another shape, order or precision. */
const layoutOperators = new Set(["Identity", "Reshape", "Unsqueeze", "Squeeze", "Transpose", "Expand", "Cast"]);

/** How the nodes of a network use its initializers. */
export interface WeightUses extends Uses {
  /** The initializer that a value is, or whose elements it holds in another layout; undefined for computed values. */
  origin(value: string | undefined): string | undefined;
  /** Whether a value is computed from the output of a layer with weights. */
  afterLayer(value: string | undefined): boolean;
  /** Whether the output of a layer with weights is computed from a value. */
  beforeLayer(value: string | undefined): boolean;
}

export function weightUsesOf(graph: Graph): WeightUses {
  const origins = new Map([...graph.initializers.keys()].map((name) => [name, name]));
  const origin = (value: string | undefined) => origins.get(value ?? "");
  const isLayer = (node: Node) => layerWeights(node, origin).length > 0 && !isColorShift(graph, node, origin);
  const after = new Set<string>();
  for (const node of graph.nodes) {
    const source = origin(node.inputs[0]);
    if (isLayout(node) && source !== undefined) origins.set(node.outputs[0] ?? "", source);
    else if (isLayer(node) || node.inputs.some((input) => after.has(input)))
      for (const output of node.outputs) after.add(output);
  }
  const before = new Set<string>();
  for (const node of graph.nodes.toReversed())
    if (isLayer(node) || node.outputs.some((output) => before.has(output)))
      for (const input of node.inputs) before.add(input);
  return {
    ...usesOf(graph),
    origin,
    afterLayer: (value) => after.has(value ?? ""),
    beforeLayer: (value) => before.has(value ?? ""),
  };
}

const isLayout = (node: Node): boolean =>
  node.domain === "" &&
  layoutOperators.has(node.op) &&
  (node.op !== "Cast" || floatCodes.includes(attribute(node, "to", "int", 1)));

/** The initializers that are trained weights of a layer. */
export function layerWeights(node: Node, origin: WeightUses["origin"]): string[] {
  const inputs = node.domain === "" ? (weightInputs[node.op] ?? []) : [];
  return inputs.map((i) => origin(node.inputs[i])).filter((name) => name !== undefined);
}

/** The initializer and the computed operand of an elementwise operator with one of each. */
export function elementwiseConstant(
  node: Node,
  { origin }: WeightUses,
  operators: readonly string[],
): { name: string; data: string } | undefined {
  if (node.domain !== "" || !operators.includes(node.op)) return undefined;
  const [left = "", right = ""] = node.inputs;
  const [first, second] = [origin(left), origin(right)];
  if (second !== undefined && first === undefined) return { name: second, data: left };
  if (first !== undefined && second === undefined) return { name: first, data: right };
  return undefined;
}

/** Red, green and blue. */
export const COLORS = 3;

/** Whether a node is a 1x1 convolution that scales and shifts each of three colors independently, as EDSR's MeanShift. */
export function isColorShift(graph: Graph, node: Node, origin: WeightUses["origin"]): boolean {
  const weight = graph.initializers.get(origin(node.inputs[1]) ?? "");
  if (node.op !== "Conv" || weight?.shape.join() !== [COLORS, COLORS, 1, 1].join()) return false;
  return [...weight.data].every((value, i) => i % (COLORS + 1) === 0 || Number(value) === 0);
}

/** The first operator that computes with each initializer; layout operators do not count. */
export function firstUsers({ graph, origin }: WeightUses): Map<string, string> {
  const users = new Map<string, string>();
  for (const node of graph.nodes)
    for (const [i, input] of node.inputs.entries()) {
      const name = origin(input);
      const isLayoutInput = i === 0 && isLayout(node);
      if (name !== undefined && !isLayoutInput && !users.has(name)) users.set(name, node.op);
    }
  return users;
}
