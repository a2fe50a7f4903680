import type { Attribute, Graph, Node, ValueInfo } from "./graph.js";
import {
  type AttributeMessage,
  attributeCodes,
  type GraphMessage,
  ModelMessage,
  type NodeMessage,
  type TensorMessage,
  typeCodes,
  type ValueInfoMessage,
} from "./schema.js";
import { unpackTexts } from "./strings.js";
import type { Tensor } from "./tensor.js";

/** The version of the file format (IR) for opset 21. */
const IR_VERSION = 10;

/** Tensors of fewer bytes always stay inside the ONNX file. */
const EXTERNAL_MINIMUM = 1024;

/** Encodes a graph as the bytes of an ONNX file. */
export const encodeModel = (graph: Graph): Uint8Array<ArrayBuffer> =>
  encode(graph, (name, tensor) => inlineTensor(name, tensor));

/** An ONNX file with its larger weights in a second file. */
export interface ExternalModel {
  /** The bytes of the ONNX file. */
  readonly model: Uint8Array;
  /** The bytes of the file of weights, in parts to concatenate. */
  readonly data: readonly Uint8Array[];
}

/** Encodes a graph as an ONNX file with its larger weights in the file `location` in the same folder. */
export function encodeExternal(graph: Graph, location: string): ExternalModel {
  const data: Uint8Array[] = [];
  let offset = 0;
  const model = encode(graph, (name, tensor) => {
    if (tensor.data.byteLength < EXTERNAL_MINIMUM || tensor.type === "string") return inlineTensor(name, tensor);
    const message = externalTensor(name, tensor, location, offset);
    data.push(rawBytes(tensor));
    offset += tensor.data.byteLength;
    return message;
  });
  return { model, data };
}

/** The size of all initializers of a graph in bytes. */
export const weightBytes = (graph: Graph): number =>
  [...graph.initializers.values()].reduce((sum, t) => sum + t.data.byteLength, 0);

type WriteTensor = (name: string, tensor: Tensor) => TensorMessage;

function encode(graph: Graph, tensor: WriteTensor): Uint8Array<ArrayBuffer> {
  return ModelMessage.encode({
    irVersion: IR_VERSION,
    producerName: "legible",
    graph: writeGraph(graph, tensor),
    opsetImport: Object.entries(graph.opsets).map(([domain, version]) => ({ domain, version })),
    metadataProps: Object.entries(graph.metadata).map(([key, value]) => ({ key, value })),
  }).finish() as Uint8Array<ArrayBuffer>;
}

const writeGraph = (graph: Graph, tensor: WriteTensor): GraphMessage => ({
  name: graph.name || "graph",
  node: graph.nodes.map(writeNode),
  initializer: [...graph.initializers].map(([name, value]) => tensor(name, value)),
  input: graph.inputs.map(writeValue),
  output: graph.outputs.map(writeValue),
});

const writeNode = (node: Node): NodeMessage => ({
  name: node.name,
  opType: node.op,
  domain: node.domain,
  input: [...node.inputs],
  output: [...node.outputs],
  attribute: Object.entries(node.attributes).map(([name, value]) => writeAttribute(name, value)),
});

function writeAttribute(name: string, a: Attribute): AttributeMessage {
  const message = { name, type: attributeCodes[a.kind] };
  const bytes = (value: string) => new TextEncoder().encode(value);
  switch (a.kind) {
    case "float":
      return { ...message, f: a.value };
    case "int":
      return { ...message, i: a.value };
    case "string":
      return { ...message, s: bytes(a.value) };
    case "tensor":
      return { ...message, t: inlineTensor("", a.value) };
    case "graph":
      return { ...message, g: writeGraph(a.value, inlineTensor) };
    case "floats":
      return { ...message, floats: [...a.value] };
    case "ints":
      return { ...message, ints: [...a.value] };
    case "strings":
      return { ...message, strings: a.value.map(bytes) };
    case "type":
      return { ...message, tp: a.value };
    case "tensors":
      return { ...message, tensors: [...a.value] };
    case "types":
      return { ...message, typeProtos: [...a.value] };
  }
}

function writeValue({ name, type, shape, container }: ValueInfo): ValueInfoMessage {
  if (container) return { name, type: { [container.field]: container.message } };
  if (!type) return { name };
  const dim = shape?.map((d) => (typeof d === "number" ? { dimValue: d } : { dimParam: d }));
  return { name, type: { tensorType: { elemType: typeCodes[type], ...(dim && { shape: { dim } }) } } };
}

const rawBytes = ({ data }: Tensor) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

const inlineTensor: WriteTensor = (name, tensor) => ({
  name,
  dims: [...tensor.shape],
  dataType: typeCodes[tensor.type],
  ...(tensor.type === "string" ? { stringData: unpackTexts(rawBytes(tensor)) } : { rawData: rawBytes(tensor) }),
});

const externalTensor = (name: string, tensor: Tensor, location: string, offset: number): TensorMessage => ({
  name,
  dims: [...tensor.shape],
  dataType: typeCodes[tensor.type],
  dataLocation: 1,
  externalData: [
    { key: "location", value: location },
    { key: "offset", value: String(offset) },
    { key: "length", value: String(tensor.data.byteLength) },
  ],
});
