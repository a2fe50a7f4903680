import { UserError } from "../errors.js";
import type { ModelFunction } from "./functions.js";
import type { Attribute, Dim, Graph, Node, ValueInfo } from "./graph.js";
import {
  type AttributeMessage,
  type FunctionMessage,
  type GraphMessage,
  type NodeMessage,
  type OpsetMessage,
  type TensorMessage,
  typeName,
  type ValueInfoMessage,
} from "./schema.js";
import { arrayOf, type DataType, sizeOf, type Tensor } from "./tensor.js";

/** What stands for an attribute that a function takes from its call. */
type Resolve = (name: string) => Attribute | undefined;

interface Surroundings {
  readonly opsets: Graph["opsets"];
  readonly resolve: Resolve;
}

/** The opset of each domain; "" is standard ONNX. */
export const parseOpsets = (imports: readonly OpsetMessage[]): Graph["opsets"] =>
  Object.fromEntries(imports.map(({ domain, version }) => [normalDomain(domain), Number(version)]));

/** A graph message as plain values. External tensors have to be loaded before (external.ts). */
export const parseGraph = (message: GraphMessage, opsets: Graph["opsets"]): Graph =>
  graphOf(message, { opsets, resolve: () => undefined });

/** A function of the file: its nodes depend on the attributes of the call. */
export function parseFunction(message: FunctionMessage): ModelFunction {
  const opsets = parseOpsets(message.opsetImport);
  const outside = { opsets, resolve: () => undefined };
  const defaults = attributesOf(message.attributeProto, "the function", message.name, outside);
  return {
    domain: normalDomain(message.domain),
    op: callee(message.name, message.overload),
    inputs: message.input,
    outputs: message.output,
    opsets,
    nodes: (call) => {
      const resolve: Resolve = (name) => call.attributes[name] ?? defaults[name];
      return message.node.map((node) => nodeOf(node, { opsets, resolve }));
    },
  };
}

const normalDomain = (domain: string | undefined) => (domain === "ai.onnx" ? "" : (domain ?? ""));

/** Functions of one name are told apart by their overload. */
const callee = (name: string, overload: string | undefined) => (overload ? `${name}:${overload}` : name);

function graphOf(message: GraphMessage, around: Surroundings): Graph {
  const initializers = new Map(message.initializer.map((t) => [t.name ?? "", tensorOf(t)]));
  return {
    name: message.name,
    opsets: around.opsets,
    // Files of IR version 3 list every initializer among the inputs too.
    inputs: message.input.map(valueInfoOf).filter(({ name }) => !initializers.has(name)),
    outputs: message.output.map(valueInfoOf),
    nodes: message.node.map((node) => nodeOf(node, around)),
    initializers,
    metadata: {},
  };
}

function valueInfoOf({ name, type }: ValueInfoMessage): ValueInfo {
  const tensor = type?.tensorType;
  const known = tensor && typeName(tensor.elemType);
  if (!known) return { name };
  // Exporters write an open size as a name, as nothing, as 0 or as -1.
  const dim = (d: { dimValue?: unknown; dimParam?: string }, axis: number): Dim =>
    Object.hasOwn(d, "dimValue") && Number(d.dimValue) > 0 ? Number(d.dimValue) : d.dimParam || `${name}_${axis}`;
  return { name, type: known, ...(tensor.shape && { shape: tensor.shape.dim.map(dim) }) };
}

const nodeOf = (node: NodeMessage, around: Surroundings): Node => ({
  op: callee(node.opType, node.overload),
  domain: normalDomain(node.domain),
  name: node.name ?? "",
  inputs: node.input,
  outputs: node.output,
  attributes: attributesOf(node.attribute, node.opType, node.name ?? "", around),
});

function attributesOf(
  messages: readonly AttributeMessage[],
  op: string,
  title: string,
  around: Surroundings,
): Record<string, Attribute> {
  const entries = messages.flatMap((message): [string, Attribute][] => {
    if (message.refAttrName) {
      const found = around.resolve(message.refAttrName);
      return found ? [[message.name, found]] : [];
    }
    const value = attributeOf(message, around);
    if (!value)
      throw new UserError(`attribute "${message.name}" of ${op} "${title}" has a type that Legible does not read`);
    return [[message.name, value]];
  });
  return Object.fromEntries(entries);
}

// A field that is not there reads as an empty list, not as bytes.
const text = (bytes: Uint8Array | undefined) => new TextDecoder().decode(Uint8Array.from(bytes ?? []));

function attributeOf(a: AttributeMessage, around: Surroundings): Attribute | undefined {
  switch (a.type) {
    case 1:
      return { kind: "float", value: a.f ?? 0 };
    case 2:
      return { kind: "int", value: Number(a.i ?? 0) };
    case 3:
      return { kind: "string", value: text(a.s) };
    case 4:
      return a.t && { kind: "tensor", value: tensorOf(a.t) };
    case 5:
      return a.g && { kind: "graph", value: graphOf(a.g, around) };
    case 6:
      return { kind: "floats", value: a.floats ?? [] };
    case 7:
      return { kind: "ints", value: (a.ints ?? []).map(Number) };
    case 8:
      return { kind: "strings", value: (a.strings ?? []).map(text) };
    default:
      return undefined;
  }
}

function tensorOf(message: TensorMessage): Tensor {
  const shape = message.dims.map(Number);
  const type = typeName(message.dataType);
  const where = `the tensor "${message.name ?? ""}"`;
  if (!type || type === "string") throw new UserError(`${where} has an element type that Legible does not read`);
  if (message.dataLocation === 1) throw new UserError(`${where} is kept outside the file, which is not at hand`);
  const data = message.rawData?.length ? viewOf(message.rawData, type) : typedFields(message, type);
  const size = sizeOf(shape);
  if (shape.some((dim) => dim < 0) || data.length !== size)
    throw new UserError(`${where} of shape [${shape}] should hold ${size} elements and holds ${data.length}`);
  return { type, shape, data };
}

/** Lays a typed array over the bytes; copies only where they are not aligned. */
function viewOf(bytes: Uint8Array, type: Exclude<DataType, "string">) {
  const array = arrayOf[type];
  const aligned = bytes.byteOffset % array.BYTES_PER_ELEMENT === 0 ? bytes : new Uint8Array(bytes);
  return new array(aligned.buffer, aligned.byteOffset, Math.floor(bytes.length / array.BYTES_PER_ELEMENT));
}

function typedFields(message: TensorMessage, type: Exclude<DataType, "string">) {
  if (type === "float32") return Float32Array.from(message.floatData ?? []);
  if (type === "float64") return Float64Array.from(message.doubleData ?? []);
  if (type === "int64") return BigInt64Array.from(message.int64Data ?? [], (v) => BigInt(v.toString()));
  if (type === "uint64") return BigUint64Array.from(message.uint64Data ?? [], (v) => BigInt(v.toString()));
  if (type === "uint32") return Uint32Array.from(message.uint64Data ?? [], Number);
  const values = message.int32Data ?? [];
  const data = new arrayOf[type](values.length) as Int32Array;
  data.set(values);
  return data;
}
