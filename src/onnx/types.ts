import { attribute, type Graph, type Node, subgraphsOf } from "./graph.js";
import { typeName } from "./schema.js";
import type { DataType } from "./tensor.js";

const integers = new Set("int8 uint8 int16 uint16 int32 uint32 int64 uint64".split(" "));
const floats = new Set("float32 float64 float16 bfloat16".split(" "));

export const isInteger = (type: DataType | undefined): boolean => integers.has(type ?? "");
export const isFloat = (type: DataType | undefined): boolean => floats.has(type ?? "");

/** Operators whose first output has one type, whatever the types of their inputs. */
const fixedTypes: readonly (readonly [type: DataType, operators: string])[] = [
  ["bool", "Equal Greater GreaterOrEqual Less LessOrEqual Not And Or Xor IsNaN IsInf"],
  ["int64", "Shape Size NonZero ArgMax ArgMin NonMaxSuppression"],
  ["int32", "ConvInteger MatMulInteger"],
  ["uint8", "DynamicQuantizeLinear"],
];
const fixed = new Map(fixedTypes.flatMap(([type, operators]) => operators.split(" ").map((op) => [op, type] as const)));

/** The input whose type the first output has, where that is not the first input. */
const typeGivers: Readonly<Record<string, number>> = {
  CastLike: 1,
  DequantizeLinear: 1,
  OneHot: 2,
  QuantizeLinear: 2,
  Where: 1,
};

/** Further outputs of a type of their own; the others have the type of the first output. */
const laterTypes: Readonly<Record<string, readonly DataType[]>> = {
  Dropout: ["bool"],
  DynamicQuantizeLinear: ["float32", "uint8"],
  MaxPool: ["int64"],
  TopK: ["int64"],
  Unique: ["int64", "int64", "int64"],
};

/**
 * The element type of every value of a graph, as far as it follows from the types of inputs and initializers; not of the
 * outputs of operators with subgraphs and of other domains.
 */
export function valueTypes(graph: Graph): Map<string, DataType> {
  const types = new Map<string, DataType>();
  for (const { name, type = "float32" } of graph.inputs) types.set(name, type);
  for (const [name, { type }] of graph.initializers) types.set(name, type);
  for (const node of graph.nodes) {
    const first = firstType(node, types);
    for (const [i, output] of node.outputs.entries()) {
      const type = i === 0 ? first : (laterTypes[node.op]?.[i - 1] ?? first);
      if (type) types.set(output, type);
    }
  }
  return types;
}

function firstType(node: Node, types: ReadonlyMap<string, DataType>): DataType | undefined {
  const { op, domain, inputs } = node;
  if (domain !== "" || subgraphsOf(node).length > 0) return undefined;
  const stated = ["to", "dtype", "output_dtype"].map((name) => attribute(node, name, "int", 0)).find((code) => code);
  if (stated) return typeName(stated);
  const known = fixed.get(op);
  if (known) return known;
  if (op === "ConstantOfShape") {
    const value = node.attributes.value;
    return value?.kind === "tensor" ? value.value.type : "float32";
  }
  if (op === "QuantizeLinear" && !inputs[2]) return "uint8";
  return types.get(inputs[typeGivers[op] ?? 0] ?? "");
}
