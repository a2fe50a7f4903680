import type { Attribute, Graph, Node, ValueInfo } from "./graph.js";
import { typeCodes, typeName } from "./schema.js";
import type { DataType, Tensor } from "./tensor.js";

const HALF_NOTE = "it is written in half precision and computed in float32";
const QUANTIZED_NOTE = "it is quantized: gradients pass straight through quantization within its range";

/** Attributes that hold the type of an output. */
const TYPE_ATTRIBUTES = new Set(["to", "dtype", "output_dtype", "output_datatype"]);

const isHalf = (type: DataType | undefined): boolean => type === "float16" || type === "bfloat16";

/** Converts float16 and bfloat16 to float32, and adds notes on that conversion and on quantization. */
export function withNotes(graph: Graph): Graph {
  let halves = false;
  const single = inFloat32(graph, () => {
    halves = true;
  });
  const notes = [
    ...(graph.notes ?? []),
    ...(halves ? [HALF_NOTE] : []),
    ...(isQuantized(graph) ? [QUANTIZED_NOTE] : []),
  ];
  return { ...single, notes };
}

const isQuantized = (graph: Graph): boolean =>
  graph.nodes.some(({ op, domain }) => op === "DequantizeLinear" && domain === "");

/** @param onHalf is called for everything in half precision. */
function inFloat32(graph: Graph, onHalf: () => void): Graph {
  const value = (info: ValueInfo): ValueInfo => {
    if (!isHalf(info.type)) return info;
    onHalf();
    return { ...info, type: "float32" };
  };
  const tensor = (t: Tensor): Tensor => {
    if (isHalf(t.type)) onHalf();
    return widened(t);
  };
  const attribute = (name: string, a: Attribute): Attribute => {
    if (a.kind === "tensor") return { ...a, value: tensor(a.value) };
    if (a.kind === "graph") return { ...a, value: inFloat32(a.value, onHalf) };
    if (a.kind !== "int" || !TYPE_ATTRIBUTES.has(name) || !isHalf(typeName(a.value))) return a;
    onHalf();
    return { ...a, value: typeCodes.float32 };
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
