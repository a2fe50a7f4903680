import { UserError } from "../errors.js";
import type { ModelFunction } from "./functions.js";
import type { Attribute, Dim, Graph, Node, ValueInfo } from "./graph.js";
import {
  type AttributeMessage,
  containerFields,
  type FunctionMessage,
  type GraphMessage,
  type NodeMessage,
  type OpsetMessage,
  type SparseTensorMessage,
  type TensorMessage,
  typeName,
  type ValueInfoMessage,
} from "./schema.js";
import { denseOf } from "./sparse.js";
import { packTexts } from "./strings.js";
import { type ArrayType, arrayOf, carriedBits, type DataType, isArrayType, sizeOf, type Tensor } from "./tensor.js";

/** Returns the attribute of a call to which an attribute in a function refers. */
type Resolve = (name: string) => Attribute | undefined;

interface Scope {
  readonly opsets: Graph["opsets"];
  readonly resolve: Resolve;
}

/** The opset of each domain; "" is standard ONNX. */
export const parseOpsets = (imports: readonly OpsetMessage[]): Graph["opsets"] =>
  Object.fromEntries(imports.map(({ domain, version }) => [normalDomain(domain), Number(version)]));

/** Converts a graph message to plain values. External tensors must be loaded before. */
export const parseGraph = (message: GraphMessage, opsets: Graph["opsets"]): Graph =>
  graphOf(message, { opsets, resolve: () => undefined });

/** Converts a function of a file; its nodes depend on the attributes of the call. */
export function parseFunction(message: FunctionMessage): ModelFunction {
  const opsets = parseOpsets(message.opsetImport);
  const scope = { opsets, resolve: () => undefined };
  const defaults = attributesOf(message.attributeProto, "the function", message.name, scope);
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

/** The name of a function with its overload, which distinguishes functions of the same name. */
const callee = (name: string, overload: string | undefined) => (overload ? `${name}:${overload}` : name);

function graphOf(message: GraphMessage, scope: Scope): Graph {
  const initializers = new Map(message.initializer.map((t) => [t.name ?? "", tensorOf(t)]));
  for (const sparse of message.sparseInitializer ?? []) initializers.set(sparse.values?.name ?? "", sparseOf(sparse));
  return {
    name: message.name,
    opsets: scope.opsets,
    // Files of IR version 3 list every initializer among the inputs, too.
    inputs: message.input.map(valueInfoOf).filter(({ name }) => !initializers.has(name)),
    outputs: message.output.map(valueInfoOf),
    nodes: message.node.map((node) => nodeOf(node, scope)),
    initializers,
    metadata: {},
  };
}

function valueInfoOf({ name, type }: ValueInfoMessage): ValueInfo {
  const field = containerFields.find((each) => type?.[each]?.length);
  if (field) return { name, container: { field, message: type?.[field] as Uint8Array } };
  const tensor = type?.tensorType;
  const known = tensor && typeName(tensor.elemType);
  if (!known) return { name };
  // Exporters write an open size as a name, leave it out, or write 0 or -1.
  const dim = (d: { dimValue?: unknown; dimParam?: string }, axis: number): Dim =>
    Object.hasOwn(d, "dimValue") && Number(d.dimValue) > 0 ? Number(d.dimValue) : d.dimParam || `${name}_${axis}`;
  return { name, type: known, ...(tensor.shape && { shape: tensor.shape.dim.map(dim) }) };
}

const nodeOf = (node: NodeMessage, scope: Scope): Node => ({
  op: callee(node.opType, node.overload),
  domain: normalDomain(node.domain),
  name: node.name ?? "",
  inputs: node.input,
  outputs: node.output,
  attributes: attributesOf(node.attribute, node.opType, node.name ?? "", scope),
});

function attributesOf(
  messages: readonly AttributeMessage[],
  op: string,
  title: string,
  scope: Scope,
): Record<string, Attribute> {
  const entries = messages.flatMap((message): [string, Attribute][] => {
    if (message.refAttrName) {
      const found = scope.resolve(message.refAttrName);
      return found ? [[message.name, found]] : [];
    }
    const value = attributeOf(message, scope);
    if (!value) throw new UserError(`attribute "${message.name}" of ${op} "${title}" has an unsupported type`);
    return [[message.name, value]];
  });
  return Object.fromEntries(entries);
}

// protobufjs decodes a missing bytes field as an empty list.
const text = (bytes: Uint8Array | undefined) => new TextDecoder().decode(Uint8Array.from(bytes ?? []));

function attributeOf(a: AttributeMessage, scope: Scope): Attribute | undefined {
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
      return a.g && { kind: "graph", value: graphOf(a.g, scope) };
    case 6:
      return { kind: "floats", value: a.floats ?? [] };
    case 7:
      return { kind: "ints", value: (a.ints ?? []).map(Number) };
    case 8:
      return { kind: "strings", value: (a.strings ?? []).map(text) };
    case 9:
      return { kind: "tensors", value: a.tensors ?? [] };
    case 11:
      return a.sparseTensor && { kind: "tensor", value: sparseOf(a.sparseTensor) };
    case 13:
      return { kind: "type", value: a.tp ?? new Uint8Array() };
    case 14:
      return { kind: "types", value: a.typeProtos ?? [] };
    default:
      return undefined;
  }
}

function tensorOf(message: TensorMessage): Tensor {
  const shape = message.dims.map(Number);
  const type = typeName(message.dataType);
  const where = `the tensor "${message.name ?? ""}"`;
  if (!type) throw new UserError(`${where} has an unsupported element type`);
  if (message.dataLocation === 1)
    throw new UserError(`${where} is in an external file, which cannot be read from bytes alone`);
  const size = sizeOf(shape);
  if (!isArrayType(type)) return { type, shape, data: carriedData(message, type, size, where) };
  const data = message.rawData?.length ? viewOf(message.rawData, type) : typedFields(message, type);
  if (shape.some((dim) => dim < 0) || data.length !== size)
    throw new UserError(`${where} of shape [${shape}] must have ${size} elements, and has ${data.length}`);
  return { type, shape, data };
}

/** The bytes of a tensor of strings or of a carried type. */
function carriedData(
  message: TensorMessage,
  type: Exclude<DataType, ArrayType>,
  size: number,
  where: string,
): Uint8Array {
  const texts = type === "string" ? (message.stringData ?? []) : [];
  const bytes = message.rawData?.length ? new Uint8Array(message.rawData) : Uint8Array.from(message.int32Data ?? []);
  const [found, needed] =
    type === "string" ? [texts.length, size] : [bytes.length, Math.ceil((size * carriedBits[type]) / 8)];
  if (found !== needed) throw new UserError(`${where} must have ${needed} elements or bytes, and has ${found}`);
  return type === "string" ? packTexts(texts) : bytes;
}

function sparseOf({ values, indices, dims }: SparseTensorMessage): Tensor {
  const where = `the tensor "${values?.name ?? ""}"`;
  if (!values || !indices) throw new UserError(`${where} is sparse and has no values or no indices`);
  return denseOf(tensorOf(values), tensorOf(indices), dims.map(Number), where);
}

/** A typed array on the bytes; copies them only if they are not aligned. */
function viewOf(bytes: Uint8Array, type: ArrayType) {
  const array = arrayOf[type];
  const aligned = bytes.byteOffset % array.BYTES_PER_ELEMENT === 0 ? bytes : new Uint8Array(bytes);
  return new array(aligned.buffer, aligned.byteOffset, Math.floor(bytes.length / array.BYTES_PER_ELEMENT));
}

function typedFields(message: TensorMessage, type: ArrayType) {
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
