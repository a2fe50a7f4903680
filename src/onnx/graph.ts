import type { DataType, Tensor } from "./tensor.js";

/** The opset of every graph in memory: older files are converted to it on reading (normalize.ts). */
export const OPSET = 21;

/** A size: a number, or the name of an open size, which is known only at run time (such as the batch). */
export type Dim = number | string;

/** An input or output of a graph. Type and shape of an output are optional: the runtime infers them. */
export interface ValueInfo {
  readonly name: string;
  readonly type?: DataType;
  readonly shape?: readonly Dim[];
  /** The type of a value that is not a tensor, as the file declares it. Default: a tensor. */
  readonly container?: ContainerType;
}

/** The type of a sequence, map, optional value or sparse tensor: the field of TypeProto that holds it, and its bytes. */
export interface ContainerType {
  readonly field: "sequenceType" | "mapType" | "sparseTensorType" | "optionalType";
  readonly message: Uint8Array;
}

/** An attribute of a node, with its kind. */
export type Attribute =
  | { readonly kind: "float"; readonly value: number }
  | { readonly kind: "int"; readonly value: number }
  | { readonly kind: "string"; readonly value: string }
  | { readonly kind: "tensor"; readonly value: Tensor }
  | { readonly kind: "graph"; readonly value: Graph }
  | { readonly kind: "floats"; readonly value: readonly number[] }
  | { readonly kind: "ints"; readonly value: readonly number[] }
  | { readonly kind: "strings"; readonly value: readonly string[] }
  // Kept as the bytes of the file: a type, and lists of tensors and types.
  | { readonly kind: "type"; readonly value: Uint8Array }
  | { readonly kind: "tensors"; readonly value: readonly Uint8Array[] }
  | { readonly kind: "types"; readonly value: readonly Uint8Array[] };

/** An operator applied to values. A missing optional input or output is "", as in ONNX. */
export interface Node {
  readonly op: string;
  /** "" for standard ONNX. */
  readonly domain: string;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

/** An ONNX graph as plain data. The nodes are in topological order. */
export interface Graph {
  readonly name: string;
  /** Operator sets by domain; "" is standard ONNX. */
  readonly opsets: Readonly<Record<string, number>>;
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  readonly nodes: readonly Node[];
  readonly initializers: ReadonlyMap<string, Tensor>;
  readonly metadata: Readonly<Record<string, string>>;
  /** Remarks from reading the file, one sentence each: "it is written in half precision and …". Default: []. */
  readonly notes?: readonly string[];
}

type ValueOf<K extends Attribute["kind"]> = Extract<Attribute, { kind: K }>["value"];

/** The value of an attribute, or `fallback` if the node does not have it. */
export function attribute<K extends Attribute["kind"]>(
  node: Node,
  name: string,
  kind: K,
  fallback: ValueOf<K>,
): ValueOf<K> {
  const found = node.attributes[name];
  return found?.kind === kind ? (found.value as ValueOf<K>) : fallback;
}

/** The name of a node in messages: its own, or its first output if the exporter gave none. */
export const titleOf = (node: Node): string => node.name || node.outputs.find((output) => output) || node.op;

/** The graphs inside a node (the branches of If, the body of Loop). */
export const subgraphsOf = (node: Node): Graph[] =>
  Object.values(node.attributes).flatMap((a) => (a.kind === "graph" ? [a.value] : []));

/** Every value that a node reads, once for each read; includes what its subgraphs read from outside. */
export function valuesReadBy(node: Node): string[] {
  const outer = subgraphsOf(node).flatMap((graph) => {
    const own = new Set([
      ...graph.inputs.map((v) => v.name),
      ...graph.initializers.keys(),
      ...graph.nodes.flatMap((n) => n.outputs),
    ]);
    return [...graph.nodes.flatMap(valuesReadBy), ...graph.outputs.map((v) => v.name)].filter(
      (value) => !own.has(value),
    );
  });
  return [...node.inputs, ...outer].filter((value) => value !== "");
}

/** The graph without the nodes and initializers that no output needs. Inputs stay. */
export function prune(graph: Graph): Graph {
  const needed = new Set(graph.outputs.map((output) => output.name));
  const nodes: Node[] = [];
  for (const node of graph.nodes.toReversed()) {
    if (!node.outputs.some((output) => needed.has(output))) continue;
    for (const value of valuesReadBy(node)) needed.add(value);
    nodes.push(node);
  }
  const initializers = new Map([...graph.initializers].filter(([name]) => needed.has(name)));
  return { ...graph, nodes: nodes.reverse(), initializers };
}

/** The graph with these values as outputs, pruned to what they need. */
export const withOutputs = (graph: Graph, outputs: readonly string[]): Graph =>
  prune({ ...graph, outputs: outputs.map((name) => graph.outputs.find((o) => o.name === name) ?? { name }) });

/** The graph specialized to these shapes of its inputs: `specialize(graph, { input: [8, 3, 224, 224] })`. */
export const specialize = (graph: Graph, shapes: Readonly<Record<string, readonly Dim[]>>): Graph => ({
  ...graph,
  inputs: graph.inputs.map((input) => ({ ...input, shape: shapes[input.name] ?? input.shape ?? [] })),
  outputs: graph.outputs.map(({ name }) => ({ name })),
});
