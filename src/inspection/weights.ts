import { type Graph, type Node, valuesReadBy } from "../onnx/graph.js";
import { computedFrom, usesOf } from "../onnx/uses.js";

/** Indices of the inputs that are weights if they do not depend on the data, by operator. */
const weightInputs: Readonly<Record<string, readonly number[]>> = {
  Conv: [1, 2],
  ConvTranspose: [1, 2],
  Gemm: [0, 1, 2],
  MatMul: [0, 1],
  PRelu: [1],
  BatchNormalization: [1, 2],
  GroupNormalization: [1, 2],
  InstanceNormalization: [1, 2],
  LayerNormalization: [1, 2],
  LSTM: [1, 2, 3],
  GRU: [1, 2, 3],
  RNN: [1, 2, 3],
};

/** Operators that exporters use for biases, scales and embeddings. A scalar operand of theirs is a constant of a formula. */
const mixing = ["Add", "Mul", "Concat"];

/** Operators that quantize and dequantize weights. Their other inputs are scales and zero points. */
const quantizing = ["QuantizeLinear", "DequantizeLinear"];

/**
 * The float32 initializers that are weights: those that reach a weight input of an operator on the data path, directly or
 * through operators that do not depend on the data. Running statistics of normalizations are excluded.
 * @returns the operator that uses each weight, by the weight's name.
 */
export function weightsOf(graph: Graph): Map<string, string> {
  const data = fromData(graph);
  const makers = makersOf(graph);
  const found = new Map<string, string>();
  for (const node of graph.nodes) {
    if (node.domain !== "" || !node.inputs.some((input) => data.has(input))) continue;
    const mixes = mixing.includes(node.op);
    const slots = mixes ? node.inputs : (weightInputs[node.op] ?? []).map((i) => node.inputs[i] ?? "");
    for (const slot of slots)
      for (const name of data.has(slot) ? [] : sourcesOf(slot, makers)) {
        const tensor = graph.initializers.get(name);
        if (tensor?.type !== "float32" || (mixes && tensor.data.length === 1)) continue;
        if (!found.has(name)) found.set(name, node.op);
      }
  }
  return found;
}

/** Every value that changes with the contents of the graph's inputs, not merely with their sizes. */
const fromData = (graph: Graph): Set<string> =>
  computedFrom(
    graph,
    graph.inputs.map(({ name }) => name),
    ({ op }) => op !== "Shape" && op !== "Size",
  );

/** The node that computes each value. */
export const makersOf = (graph: Graph): ReadonlyMap<string, Node> => usesOf(graph).producers;

/** The inputs and initializers that a value is computed from. */
export function sourcesOf(value: string, makers: ReadonlyMap<string, Node>): Set<string> {
  const [seen, sources, open] = [new Set<string>(), new Set<string>(), [value]];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (name === "" || seen.has(name)) continue;
    seen.add(name);
    const maker = makers.get(name);
    if (!maker) sources.add(name);
    else open.push(...(quantizing.includes(maker.op) ? maker.inputs.slice(0, 1) : valuesReadBy(maker)));
  }
  return sources;
}

/** Initializers of the same use. */
export interface ParameterKind {
  /** The operator whose weights they are, `running statistics`, or `constants` for all others. */
  readonly kind: string;
  readonly trainable: boolean;
  readonly tensors: number;
  readonly values: number;
  readonly bytes: number;
}

/** Groups a graph's initializers by use. Operators are in the order of their first use. */
export function parameterKinds(graph: Graph): ParameterKind[] {
  const weights = weightsOf(graph);
  const norms = graph.nodes.filter(({ op }) => op === "BatchNormalization");
  const statistics = new Set(norms.flatMap(({ inputs }) => inputs.slice(3, 5)));
  const kinds = new Map<string, ParameterKind>([...weights.values()].map((kind) => [kind, none(kind, true)]));
  for (const [name, { data }] of graph.initializers) {
    const kind = weights.get(name) ?? (statistics.has(name) ? "running statistics" : "constants");
    const { trainable, tensors, values, bytes } = kinds.get(kind) ?? none(kind, false);
    const sum = { tensors: tensors + 1, values: values + data.length, bytes: bytes + data.byteLength };
    kinds.set(kind, { kind, trainable, ...sum });
  }
  return [...kinds.values()];
}

const none = (kind: string, trainable: boolean): ParameterKind => ({
  kind,
  trainable,
  tensors: 0,
  values: 0,
  bytes: 0,
});
