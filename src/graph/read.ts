import { readFile, stat } from "node:fs/promises";
import { basename, dirname, relative, resolve } from "node:path";
import { messageOf, UserError } from "../errors.js";
import type { Attribute, Dim, Graph, Node, ValueInfo } from "./graph.js";
import { normalize } from "./normalize.js";
import {
  type AttributeMessage,
  type GraphMessage,
  ModelMessage,
  type ModelMessageShape,
  type NodeMessage,
  type TensorMessage,
  typeName,
  type ValueInfoMessage,
} from "./schema.js";
import { arrayOf, type DataType, sizeOf, type Tensor } from "./tensor.js";

/** Files of weights that stand beside an ONNX file, by the name under which it refers to them. */
type ExternalData = ReadonlyMap<string, Uint8Array>;

/**
 * Reads an ONNX file, with its external data if it has any, and brings it to the one opset that Legible uses.
 * @throws UserError when the file is missing, cut off, not ONNX, or needs something that Legible does not read.
 */
export async function readModel(path: string): Promise<Graph> {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw new UserError(`cannot read the model ${path}: ${error.code === "ENOENT" ? "no such file" : error.message}`);
  });
  const message = decode(bytes, path);
  const external = new Map<string, Uint8Array>();
  for (const location of locationsOf(message)) external.set(location, await readExternal(path, location));
  return toGraph(message, external, path);
}

/** Reads an ONNX file that is in memory. `title` names it in messages. */
export const decodeModel = (bytes: Uint8Array, title = "the model"): Graph =>
  toGraph(decode(bytes, title), new Map(), title);

function decode(bytes: Uint8Array, title: string): ModelMessageShape {
  let message: ModelMessageShape;
  try {
    message = ModelMessage.decode(bytes) as unknown as ModelMessageShape;
  } catch (error) {
    throw new UserError(
      `${title} is not a whole ONNX file (${messageOf(error)}): it may be cut off or of another format`,
    );
  }
  if (!message.graph?.node.length) throw new UserError(`${title} is not an ONNX model: it holds no operators`);
  return message;
}

const locationOf = (tensor: TensorMessage) =>
  tensor.dataLocation === 1 ? tensor.externalData?.find(({ key }) => key === "location")?.value : undefined;

const locationsOf = (message: ModelMessageShape): Set<string> =>
  new Set((message.graph?.initializer ?? []).map(locationOf).filter((location) => location !== undefined));

async function readExternal(model: string, location: string): Promise<Uint8Array> {
  const folder = dirname(resolve(model));
  const path = resolve(folder, location);
  if (relative(folder, path).startsWith(".."))
    throw new UserError(`${model} refers to weights outside its folder: ${location}`);
  if (!(await stat(path).catch(() => null)))
    throw new UserError(`${model} keeps its weights in ${location}, which is not beside it`);
  return readFile(path);
}

function toGraph(message: ModelMessageShape, external: ExternalData, title: string): Graph {
  if (message.functions.length > 0)
    throw new UserError(`${title} defines functions of its own, which Legible does not read`);
  const opsets = Object.fromEntries(
    message.opsetImport.map(({ domain, version }) => [normalDomain(domain), Number(version)]),
  );
  try {
    const graph = readGraph(message.graph as GraphMessage, opsets, external);
    const metadata = Object.fromEntries(message.metadataProps.map(({ key, value }) => [key, value]));
    return normalize({ ...graph, name: basename(title), metadata });
  } catch (error) {
    if (error instanceof UserError) throw new UserError(`cannot use ${title}: ${error.message}`);
    throw new UserError(`${title} is a damaged ONNX file: ${messageOf(error)}`);
  }
}

const normalDomain = (domain: string | undefined) => (domain === "ai.onnx" ? "" : (domain ?? ""));

function readGraph(message: GraphMessage, opsets: Graph["opsets"], external: ExternalData): Graph {
  const initializers = new Map(message.initializer.map((t) => [t.name ?? "", readTensor(t, external)]));
  return {
    name: message.name,
    opsets,
    // Files of IR version 3 list every initializer among the inputs too.
    inputs: message.input.map(readValue).filter(({ name }) => !initializers.has(name)),
    outputs: message.output.map(readValue),
    nodes: message.node.map((node) => readNode(node, opsets, external)),
    initializers,
    metadata: {},
  };
}

function readValue({ name, type }: ValueInfoMessage): ValueInfo {
  const tensor = type?.tensorType;
  const known = tensor && typeName(tensor.elemType);
  if (!known) return { name };
  const dim = (d: { dimValue?: unknown; dimParam?: string }, axis: number): Dim =>
    Object.hasOwn(d, "dimValue") ? Number(d.dimValue) : d.dimParam || `${name}_${axis}`;
  return { name, type: known, ...(tensor.shape && { shape: tensor.shape.dim.map(dim) }) };
}

const readNode = (node: NodeMessage, opsets: Graph["opsets"], external: ExternalData): Node => ({
  op: node.opType,
  domain: normalDomain(node.domain),
  name: node.name ?? "",
  inputs: node.input,
  outputs: node.output,
  attributes: Object.fromEntries(node.attribute.map((a) => [a.name, readAttribute(a, node, opsets, external)])),
});

const text = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes ?? new Uint8Array());

function readAttribute(
  a: AttributeMessage,
  node: NodeMessage,
  opsets: Graph["opsets"],
  external: ExternalData,
): Attribute {
  switch (a.type) {
    case 1:
      return { kind: "float", value: a.f ?? 0 };
    case 2:
      return { kind: "int", value: Number(a.i ?? 0) };
    case 3:
      return { kind: "string", value: text(a.s) };
    case 4:
      return { kind: "tensor", value: readTensor(a.t as TensorMessage, external) };
    case 5:
      return { kind: "graph", value: readGraph(a.g as GraphMessage, opsets, external) };
    case 6:
      return { kind: "floats", value: a.floats ?? [] };
    case 7:
      return { kind: "ints", value: (a.ints ?? []).map(Number) };
    case 8:
      return { kind: "strings", value: (a.strings ?? []).map(text) };
    default:
      throw new UserError(
        `attribute "${a.name}" of ${node.opType} "${node.name ?? ""}" has a type that Legible does not read`,
      );
  }
}

function readTensor(message: TensorMessage, external: ExternalData): Tensor {
  const shape = message.dims.map(Number);
  const type = typeName(message.dataType);
  const where = `the tensor "${message.name ?? ""}"`;
  if (!type || type === "string") throw new UserError(`${where} has an element type that Legible does not read`);
  const size = sizeOf(shape);
  const raw = message.dataLocation === 1 ? externalBytes(message, external) : message.rawData;
  const data = raw?.length ? viewOf(raw, type) : typedFields(message, type);
  if (data.length !== size) throw new UserError(`${where} should hold ${size} elements and holds ${data.length}`);
  return { type, shape, data };
}

function externalBytes(message: TensorMessage, external: ExternalData): Uint8Array {
  const fields = Object.fromEntries((message.externalData ?? []).map(({ key, value }) => [key, value]));
  const file = external.get(fields.location ?? "");
  if (!file) throw new UserError(`the tensor "${message.name ?? ""}" is kept outside the file, which is not at hand`);
  const offset = Number(fields.offset ?? 0);
  return file.subarray(offset, offset + Number(fields.length ?? file.length - offset));
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
