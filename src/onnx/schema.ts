import { type FieldSchema, messageTypes } from "./protobuf.js";
import type { DataType } from "./tensor.js";

/*
 * The part of the ONNX file format (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto) that Legible uses: field names,
 * types and numbers. Reading skips other fields.
 */

type Field = [name: string, type: string, id: number];
const one = (fields: Field[]): Record<string, FieldSchema> =>
  Object.fromEntries(fields.map(([name, type, id]) => [name, { type, id }]));
const many = (fields: Field[], packed = false): Record<string, FieldSchema> =>
  Object.fromEntries(fields.map(([name, type, id]) => [name, { rule: "repeated", type, id, options: { packed } }]));

const messages = messageTypes({
  Pair: {
    fields: one([
      ["key", "string", 1],
      ["value", "string", 2],
    ]),
  },
  OpsetId: {
    fields: one([
      ["domain", "string", 1],
      ["version", "int64", 2],
    ]),
  },
  Dimension: {
    fields: one([
      ["dimValue", "int64", 1],
      ["dimParam", "string", 2],
    ]),
  },
  Shape: { fields: many([["dim", "Dimension", 1]]) },
  TensorType: {
    fields: one([
      ["elemType", "int32", 1],
      ["shape", "Shape", 2],
    ]),
  },
  // Types other than tensors, attributes of types and the like are only written again, so their bytes are kept.
  Type: {
    fields: one([
      ["tensorType", "TensorType", 1],
      ["sequenceType", "bytes", 4],
      ["mapType", "bytes", 5],
      ["sparseTensorType", "bytes", 8],
      ["optionalType", "bytes", 9],
    ]),
  },
  ValueInfo: {
    fields: one([
      ["name", "string", 1],
      ["type", "Type", 2],
    ]),
  },
  Tensor: {
    fields: {
      ...one([
        ["dataType", "int32", 2],
        ["name", "string", 8],
        ["rawData", "bytes", 9],
        ["dataLocation", "int32", 14],
      ]),
      ...many([
        ["stringData", "bytes", 6],
        ["externalData", "Pair", 13],
      ]),
      ...many(
        [
          ["dims", "int64", 1],
          ["floatData", "float", 4],
          ["int32Data", "int32", 5],
          ["int64Data", "int64", 7],
          ["doubleData", "double", 10],
          ["uint64Data", "uint64", 11],
        ],
        true,
      ),
    },
  },
  SparseTensor: {
    fields: {
      ...one([
        ["values", "Tensor", 1],
        ["indices", "Tensor", 2],
      ]),
      ...many([["dims", "int64", 3]], true),
    },
  },
  Attribute: {
    fields: {
      ...one([
        ["name", "string", 1],
        ["f", "float", 2],
        ["i", "int64", 3],
        ["s", "bytes", 4],
        ["t", "Tensor", 5],
        ["g", "Graph", 6],
        ["tp", "bytes", 14],
        ["type", "int32", 20],
        ["refAttrName", "string", 21],
        ["sparseTensor", "SparseTensor", 22],
      ]),
      ...many([
        ["floats", "float", 7],
        ["ints", "int64", 8],
        ["strings", "bytes", 9],
        ["tensors", "bytes", 10],
        ["typeProtos", "bytes", 15],
      ]),
    },
  },
  Node: {
    fields: {
      ...one([
        ["name", "string", 3],
        ["opType", "string", 4],
        ["domain", "string", 7],
        ["overload", "string", 8],
      ]),
      ...many([
        ["input", "string", 1],
        ["output", "string", 2],
        ["attribute", "Attribute", 5],
      ]),
    },
  },
  Function: {
    fields: {
      ...one([
        ["name", "string", 1],
        ["domain", "string", 10],
        ["overload", "string", 13],
      ]),
      ...many([
        ["input", "string", 4],
        ["output", "string", 5],
        ["node", "Node", 7],
        ["opsetImport", "OpsetId", 9],
        ["attributeProto", "Attribute", 11],
      ]),
    },
  },
  Graph: {
    fields: {
      ...one([["name", "string", 2]]),
      ...many([
        ["node", "Node", 1],
        ["initializer", "Tensor", 5],
        ["input", "ValueInfo", 11],
        ["output", "ValueInfo", 12],
        ["sparseInitializer", "SparseTensor", 15],
      ]),
    },
  },
  Model: {
    fields: {
      ...one([
        ["irVersion", "int64", 1],
        ["producerName", "string", 2],
        ["graph", "Graph", 7],
      ]),
      ...many([
        ["opsetImport", "OpsetId", 8],
        ["metadataProps", "Pair", 14],
        ["functions", "Function", 25],
      ]),
    },
  },
});

/** The protobuf message of a whole ONNX file. */
export const ModelMessage = messages.Model;

/** The protobuf message of the type of a value. */
export const TypeMessage = messages.Type;

type Int64 = number | { toString(): string };

export interface TensorMessage {
  name?: string;
  dims: Int64[];
  dataType: number;
  rawData?: Uint8Array;
  stringData?: Uint8Array[];
  dataLocation?: number;
  externalData?: { key: string; value: string }[];
  floatData?: number[];
  int32Data?: number[];
  int64Data?: Int64[];
  doubleData?: number[];
  uint64Data?: Int64[];
}

export interface SparseTensorMessage {
  values?: TensorMessage;
  indices?: TensorMessage;
  dims: Int64[];
}

export interface AttributeMessage {
  name: string;
  type: number;
  f?: number;
  i?: Int64;
  s?: Uint8Array;
  t?: TensorMessage;
  g?: GraphMessage;
  floats?: number[];
  ints?: Int64[];
  strings?: Uint8Array[];
  sparseTensor?: SparseTensorMessage;
  /** A type, and lists of tensors and types, as bytes. */
  tp?: Uint8Array;
  tensors?: Uint8Array[];
  typeProtos?: Uint8Array[];
  /** In a function: the attribute of the call to use here. */
  refAttrName?: string;
}

export interface NodeMessage {
  name?: string;
  opType: string;
  domain?: string;
  overload?: string;
  input: string[];
  output: string[];
  attribute: AttributeMessage[];
}

export interface OpsetMessage {
  domain?: string;
  version: Int64;
}

export interface FunctionMessage {
  name: string;
  domain?: string;
  overload?: string;
  input: string[];
  output: string[];
  node: NodeMessage[];
  opsetImport: OpsetMessage[];
  /** Defaults of the attributes that a call may leave out. */
  attributeProto: AttributeMessage[];
}

/** The kinds of types other than tensors, as fields of TypeProto. */
export const containerFields = ["sequenceType", "mapType", "sparseTensorType", "optionalType"] as const;

export interface ValueInfoMessage {
  name: string;
  type?: {
    tensorType?: { elemType: number; shape?: { dim: { dimValue?: Int64; dimParam?: string }[] } };
  } & { [field in (typeof containerFields)[number]]?: Uint8Array };
}

export interface GraphMessage {
  name: string;
  node: NodeMessage[];
  initializer: TensorMessage[];
  sparseInitializer?: SparseTensorMessage[];
  input: ValueInfoMessage[];
  output: ValueInfoMessage[];
}

export interface ModelMessageShape {
  irVersion: Int64;
  producerName?: string;
  graph?: GraphMessage;
  opsetImport: OpsetMessage[];
  metadataProps: { key: string; value: string }[];
  functions: FunctionMessage[];
}

/** The codes of element types (TensorProto.DataType). */
export const typeCodes: Record<DataType, number> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  string: 8,
  bool: 9,
  float16: 10,
  float64: 11,
  uint32: 12,
  uint64: 13,
  bfloat16: 16,
  float8e4m3fn: 17,
  float8e4m3fnuz: 18,
  float8e5m2: 19,
  float8e5m2fnuz: 20,
  uint4: 21,
  int4: 22,
};

/** The codes of the floating-point types. */
export const floatCodes: readonly number[] = [
  typeCodes.float32,
  typeCodes.float16,
  typeCodes.float64,
  typeCodes.bfloat16,
];

const typeNames = new Map(Object.entries(typeCodes).map(([name, code]) => [code, name as DataType]));

/** The element type of a code of TensorProto.DataType; undefined if Legible does not support it. */
export const typeName = (code: number): DataType | undefined => typeNames.get(code);

/** AttributeProto.AttributeType. */
export const attributeCodes = {
  float: 1,
  int: 2,
  string: 3,
  tensor: 4,
  graph: 5,
  floats: 6,
  ints: 7,
  strings: 8,
  tensors: 9,
  type: 13,
  types: 14,
} as const;
