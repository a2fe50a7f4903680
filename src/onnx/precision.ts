import { int } from "./builder.js";
import type { Attribute, Graph, Node, ValueInfo } from "./graph.js";
import { typeCodes, typeName } from "./schema.js";
import { type DataType, float32, type Tensor } from "./tensor.js";
import { computedFrom } from "./uses.js";

const HALF_NOTE = "it is written in half precision and computed in float32";
const DOUBLE_NOTE = "it is written in double precision and computed in float32";
const QUANTIZED_NOTE = "it is quantized: gradients pass straight through quantization within its range";

/** Attributes that hold the type of an output. */
const TYPE_ATTRIBUTES = new Set(["to", "dtype", "output_dtype", "output_datatype"]);

const isHalf = (type: DataType | undefined): boolean => type === "float16" || type === "bfloat16";

/**
 * Converts float16 and bfloat16 to float32, float64 too if data is computed in it, and adds notes on these conversions and on
 * quantization. Shape arithmetic in float64, as some exporters write it, stays.
 */
export function withNotes(graph: Graph): Graph {
  const doubles = computesInDouble(graph);
  const isOther = (type: DataType | undefined) => isHalf(type) || (doubles && type === "float64");
  let halves = false;
  const single = inFloat32(graph, isOther, (type) => {
    halves ||= isHalf(type);
  });
  const notes = [
    ...(graph.notes ?? []),
    ...(halves ? [HALF_NOTE] : []),
    ...(doubles ? [DOUBLE_NOTE] : []),
    ...(isQuantized(graph) ? [QUANTIZED_NOTE] : []),
  ];
  return { ...single, notes };
}

/** Whether values of float64 depend on the data of the inputs, not on their shapes alone. */
function computesInDouble(graph: Graph): boolean {
  if (graph.inputs.some(({ type }) => type === "float64")) return true;
  const isDouble = (value: string) => graph.initializers.get(value)?.type === "float64";
  const writers = graph.nodes.filter((node) => makesDouble(node) || node.inputs.some(isDouble));
  if (writers.length === 0) return false;
  const inputs = graph.inputs.map(({ name }) => name);
  const fromData = computedFrom(graph, inputs, ({ op }) => op !== "Shape" && op !== "Size");
  return writers.some((node) => node.inputs.some((value) => fromData.has(value)));
}

const makesDouble = (node: Node): boolean =>
  Object.entries(node.attributes).some(
    ([name, a]) => TYPE_ATTRIBUTES.has(name) && a.kind === "int" && typeName(a.value) === "float64",
  );

const isQuantized = (graph: Graph): boolean =>
  graph.nodes.some(({ op, domain }) => op === "DequantizeLinear" && domain === "");

type IsOther = (type: DataType | undefined) => boolean;

/** @param isOther whether a type becomes float32. @param onOther is called for everything of such a type. */
function inFloat32(graph: Graph, isOther: IsOther, onOther: (type: DataType) => void): Graph {
  const value = (info: ValueInfo): ValueInfo => {
    if (!info.type || !isOther(info.type)) return info;
    onOther(info.type);
    return { ...info, type: "float32" };
  };
  const tensor = (t: Tensor): Tensor => {
    if (!isOther(t.type)) return widened(t);
    onOther(t.type);
    return t.type === "float64" ? float32(Float32Array.from(t.data as Float64Array), t.shape) : widened(t);
  };
  const attribute = (name: string, a: Attribute): Attribute => {
    if (a.kind === "tensor") return { ...a, value: tensor(a.value) };
    if (a.kind === "graph") return { ...a, value: inFloat32(a.value, isOther, onOther) };
    const type = a.kind === "int" && TYPE_ATTRIBUTES.has(name) ? typeName(a.value) : undefined;
    if (!type || !isOther(type)) return a;
    onOther(type);
    return int(typeCodes.float32);
  };
  const node = (n: Node): Node => ({
    ...n,
    attributes: Object.fromEntries(Object.entries(n.attributes).map(([name, a]) => [name, attribute(name, a)])),
  });
  return {
    ...graph,
    inputs: graph.inputs.map(value),
    outputs: graph.outputs.map(value),
    initializers: new Map([...graph.initializers].map(([name, t]) => [name, tensor(t)])),
    nodes: graph.nodes.map((n) => (Object.keys(n.attributes).length > 0 ? node(n) : n)),
  };
}

/** A tensor of half precision as float32, without rounding. Other tensors are returned as they are. */
export function widened(tensor: Tensor): Tensor {
  if (!isHalf(tensor.type)) return tensor;
  const bits = tensor.data as Uint16Array;
  const data = new Float32Array(bits.length);
  if (tensor.type === "bfloat16") new Uint32Array(data.buffer).set(Uint32Array.from(bits, (b) => (b << 16) >>> 0));
  else for (let i = 0; i < bits.length; i++) data[i] = float16(bits[i] as number);
  return { type: "float32", shape: tensor.shape, data };
}

/** Decodes the 16 bits of a float16: sign, 5 bits of exponent, 10 bits of fraction. */
function float16(bits: number): number {
  const [sign, exponent, fraction] = [bits & 0x8000 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
