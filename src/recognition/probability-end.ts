import { attribute, type Graph, type Node } from "../onnx/graph.js";
import { sizeOf, toNumbers } from "../onnx/tensor.js";
import type { Uses } from "../onnx/uses.js";

/** The softmax or sigmoid at the end of a classifier, as one operator or written out. */
export interface End {
  readonly what: "softmax" | "sigmoid";
  /** The class scores before it. */
  readonly scores: string;
  /** The node whose output are the probabilities. */
  readonly node: Node;
  /** Nodes between it and the output that hold for probabilities only, such as Log, with the value that each changes. */
  readonly between: ReadonlyMap<Node, string>;
}

/** Operators between the probabilities and the output that scores pass unchanged. */
const neutral = new Set("Identity Reshape Squeeze Unsqueeze Flatten Cast Dropout Slice Gather".split(" "));

/** Finds the softmax over the classes, or the sigmoid, that an output is computed with. */
export function probabilityEnd(uses: Uses, output: string): End | undefined {
  const { graph, producers } = uses;
  const shape = graph.outputs.find(({ name }) => name === output)?.shape;
  const context = { ...uses, rank: shape?.length };
  const between = new Map<Node, string>();
  let value = output;
  for (;;) {
    const node = producers.get(value);
    if (node?.domain !== "") return undefined;
    const softmax = softmaxInput(node, context);
    if (softmax !== undefined) return { what: "softmax", scores: softmax, node, between };
    // Maps [N, C, height, width] are compared as they are.
    const sigmoid = shape?.slice(2).some((size) => size !== 1) ? undefined : sigmoidInput(node, context);
    if (sigmoid !== undefined) return { what: "sigmoid", scores: sigmoid, node, between };
    const next = neutral.has(node.op) ? node.inputs[0] : rescaledInput(node, graph);
    if (next === undefined) return undefined;
    if (!neutral.has(node.op)) between.set(node, next);
    value = next;
  }
}

/** The largest constant that is added to probabilities to keep their logarithm finite. */
const EPSILON = 1e-3;

/** The input of a node that prepares or computes the logarithm of probabilities. */
function rescaledInput(node: Node, graph: Graph): string | undefined {
  if (node.op === "Log" || node.op === "Clip") return node.inputs[0];
  const added = node.op === "Add" ? scalarOf(node.inputs[1] ?? "", graph) : undefined;
  return added !== undefined && Math.abs(added) <= EPSILON ? node.inputs[0] : undefined;
}

interface Context extends Uses {
  /** The number of axes of the output, if it is known. */
  readonly rank: number | undefined;
}

/** The scores that a node makes a softmax of: as an operator, or as exponentials divided by their sum. */
function softmaxInput(node: Node, context: Context): string | undefined {
  const [first = "", second = ""] = node.inputs;
  const { producers } = context;
  if (node.op === "Softmax") return isClassAxis(attribute(node, "axis", "int", -1), context) ? first : undefined;
  if (node.op === "Exp") return isLogSoftmax(producers.get(first), context) ? first : undefined;
  if (node.op === "LpNormalization" && attribute(node, "p", "int", 2) === 1)
    return isClassAxis(attribute(node, "axis", "int", -1), context) ? exponentOf(first, context) : undefined;
  if (node.op === "Div") return isSumOf(second, first, context) ? exponentOf(first, context) : undefined;
  if (node.op !== "Mul") return undefined;
  for (const [exponential, inverse] of [
    [first, second],
    [second, first],
  ] as const) {
    const reciprocal = producers.get(inverse);
    if (reciprocal?.op === "Reciprocal" && isSumOf(reciprocal.inputs[0] ?? "", exponential, context))
      return exponentOf(exponential, context);
  }
  return undefined;
}

/** u of a value exp(u), or bᵘ with a constant b above 1. */
function exponentOf(value: string, { producers, graph }: Context): string | undefined {
  const node = producers.get(value);
  if (node?.op === "Exp") return node.inputs[0];
  const [base = "", exponent] = node?.inputs ?? [];
  return node?.op === "Pow" && (scalarOf(base, graph) ?? 0) > 1 ? exponent : undefined;
}

/** Operators between a sum over the classes and the division by it. */
const aroundSum = new Set("Identity Expand Unsqueeze Reshape Cast Clip Add Max".split(" "));

/** Whether a value is the sum of the elements of another over the classes, broadcast and perhaps limited. */
function isSumOf(value: string, terms: string, context: Context): boolean {
  let node = context.producers.get(value);
  while (node && aroundSum.has(node.op)) node = context.producers.get(node.inputs[0] ?? "");
  return /^Reduce(Sum|L1)$/.test(node?.op ?? "") && node?.inputs[0] === terms && isOverClasses(node, context);
}

function isOverClasses({ inputs }: Node, context: Context): boolean {
  const axes = context.graph.initializers.get(inputs[1] ?? "");
  const [axis, ...others] = axes ? toNumbers(axes) : [];
  return axis !== undefined && others.length === 0 && isClassAxis(axis, context);
}

const isClassAxis = (axis: number, { rank }: Context): boolean => axis === 1 || axis === -1 || axis + 1 === rank;

/** ln softmax, as an operator or as z - ln Σ exp z. */
function isLogSoftmax(node: Node | undefined, context: Context): boolean {
  const { producers } = context;
  if (node?.op === "LogSoftmax") return isClassAxis(attribute(node, "axis", "int", -1), context);
  const [z = "", total = ""] = node?.inputs ?? [];
  const subtracted = producers.get(total);
  if (node?.op !== "Sub" || !subtracted) return false;
  if (subtracted.op === "ReduceLogSumExp") return subtracted.inputs[0] === z && isOverClasses(subtracted, context);
  const sum = producers.get(subtracted.inputs[0] ?? "");
  const exponentials = producers.get(sum?.inputs[0] ?? "");
  return (
    subtracted.op === "Log" &&
    sum?.op === "ReduceSum" &&
    exponentials?.op === "Exp" &&
    exponentials.inputs[0] === z &&
    isOverClasses(sum, context)
  );
}

/** The scores that a node makes a sigmoid of: as an operator, 1 / (1 + exp(-z)) or exp z / (1 + exp z). */
function sigmoidInput(node: Node, context: Context): string | undefined {
  const { producers, graph } = context;
  const [first = "", second = ""] = node.inputs;
  if (node.op === "Sigmoid" || node.op === "HardSigmoid") return first;
  const onePlus = (value: string): string | undefined => {
    const sum = producers.get(value);
    const [x = "", y = ""] = sum?.inputs ?? [];
    if (sum?.op !== "Add") return undefined;
    return scalarOf(x, graph) === 1 ? y : scalarOf(y, graph) === 1 ? x : undefined;
  };
  const isInverse = node.op === "Reciprocal" || (node.op === "Div" && scalarOf(first, graph) === 1);
  if (isInverse) return negatedIn(exponentOf(onePlus(node.op === "Div" ? second : first) ?? "", context), context);
  return node.op === "Div" && onePlus(second) === first ? exponentOf(first, context) : undefined;
}

/** z of a value -z. */
function negatedIn(value: string | undefined, { producers, graph }: Context): string | undefined {
  const node = producers.get(value ?? "");
  const [x = "", y = ""] = node?.inputs ?? [];
  if (node?.op === "Neg") return x;
  if (node?.op === "Mul") return scalarOf(y, graph) === -1 ? x : scalarOf(x, graph) === -1 ? y : undefined;
  return node?.op === "Sub" && scalarOf(x, graph) === 0 ? y : undefined;
}

/** The number of a constant with one element and at most one axis. */
function scalarOf(value: string, { initializers }: Graph): number | undefined {
  const tensor = initializers.get(value);
  return tensor && tensor.shape.length <= 1 && sizeOf(tensor.shape) === 1 ? toNumbers(tensor)[0] : undefined;
}
