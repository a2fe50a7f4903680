import { type Graph, type Node, valuesReadBy } from "../onnx/graph.js";
import { computedFrom, usesOf } from "../onnx/uses.js";

/** Inputs of operators that hold weights, when they do not come from the data. */
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
};

/** Operators by which exporters write biases, scales and embeddings: there a single number is a constant of the formula. */
const mixing = ["Add", "Mul", "Concat"];

/** The operators that turn weights into integers and back: their other inputs describe the grid. */
const quantizing = ["QuantizeLinear", "DequantizeLinear"];

/**
 * The float32 initializers that are weights, and the operator that each serves: those that meet the data in a weight
 * input of an operator, directly or reshaped and computed with on the way. Running statistics are no weights.
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

/** Where a value comes from: the names, down to those that no node makes. */
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

/** Initializers of one use. */
export interface ParameterKind {
  /** The operator that they serve as weights, `running statistics`, or `constants` for everything else. */
  readonly kind: string;
  readonly trainable: boolean;
  readonly tensors: number;
  readonly values: number;
  readonly bytes: number;
}

/** What a graph's initializers are for; the weights of each operator in the order of their first use. */
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
