import { UserError } from "../errors.js";
import { type Attribute, attribute, type Graph, type Node, OPSET, titleOf } from "./graph.js";
import { int64, type Tensor } from "./tensor.js";

/** The oldest opset that is read. */
const OLDEST = 13;

interface Context {
  /** The opset that the file was written for. */
  readonly opset: number;
  /** Adds an initializer and returns its name. */
  constant(name: string, tensor: Tensor): string;
}

type Normalizer = (node: Node, context: Context) => Node;

const without = (attributes: Node["attributes"], name: string): Record<string, Attribute> =>
  Object.fromEntries(Object.entries(attributes).filter(([key]) => key !== name));

/** Up to opset 17 the axes of a reduction were an attribute; since 18 they are an input (ReduceSum: since 13). */
const axesAsInput: Normalizer = (node, { opset, constant }) => {
  const axes = attribute(node, "axes", "ints", []);
  if (opset >= 18 || axes.length === 0) return node;
  const input = constant(`${node.outputs[0]}_axes`, int64(axes));
  return { ...node, inputs: [node.inputs[0] ?? "", input], attributes: without(node.attributes, "axes") };
};

/** Since opset 18 a Split into equal parts says how many there are. */
const countedSplit: Normalizer = (node, { opset }) =>
  opset >= 18 || node.inputs[1]
    ? node
    : { ...node, attributes: { ...node.attributes, num_outputs: { kind: "int", value: node.outputs.length } } };

/** Opset 20 renamed the modes of GridSample. */
const renamedModes: Normalizer = (node, { opset }) => {
  const names: Record<string, string> = { bilinear: "linear", bicubic: "cubic" };
  const mode = attribute(node, "mode", "string", "bilinear");
  return opset >= 20
    ? node
    : { ...node, attributes: { ...node.attributes, mode: { kind: "string", value: names[mode] ?? mode } } };
};

const normalizers: Record<string, Normalizer> = {
  ReduceL1: axesAsInput,
  ReduceL2: axesAsInput,
  ReduceLogSum: axesAsInput,
  ReduceLogSumExp: axesAsInput,
  ReduceMax: axesAsInput,
  ReduceMean: axesAsInput,
  ReduceMin: axesAsInput,
  ReduceProd: axesAsInput,
  ReduceSumSquare: axesAsInput,
  Split: countedSplit,
  GridSample: renamedModes,
};

/**
 * The graph in the one form that rules and lowering know: opset 21, and every Constant node as an initializer.
 * @throws UserError for opsets that are too old or too new.
 */
export function normalize(graph: Graph): Graph {
  const opset = graph.opsets[""] ?? OPSET;
  if (opset < OLDEST || opset > OPSET + 5)
    throw new UserError(`it is written for opset ${opset}; Legible reads ${OLDEST} to ${OPSET + 5}`);
  const initializers = new Map(graph.initializers);
  const constant = (name: string, tensor: Tensor) => {
    initializers.set(name, tensor);
    return name;
  };
  const nodes: Node[] = [];
  for (const node of graph.nodes) {
    if (node.domain === "" && node.op === "Constant") constant(node.outputs[0] ?? "", constantValue(node));
    else nodes.push(node.domain === "" ? (normalizers[node.op]?.(node, { opset, constant }) ?? node) : node);
  }
  return { ...graph, opsets: { ...graph.opsets, "": Math.max(opset, OPSET) }, nodes, initializers };
}

function constantValue(node: Node): Tensor {
  for (const [name, a] of Object.entries(node.attributes)) {
    if (a.kind === "tensor") return a.value;
    if (name === "value_float" && a.kind === "float")
      return { type: "float32", shape: [], data: Float32Array.of(a.value) };
    if (name === "value_int" && a.kind === "int") return int64([a.value], []);
    if (name === "value_floats" && a.kind === "floats")
      return { type: "float32", shape: [a.value.length], data: Float32Array.from(a.value) };
    if (name === "value_ints" && a.kind === "ints") return int64(a.value);
  }
  throw new UserError(`the constant "${titleOf(node)}" has a value that Legible does not read`);
}
