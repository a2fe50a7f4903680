import { attribute, type Node } from "./graph.js";
import type { Tensor } from "./tensor.js";

/** Operators whose first output has the rank of the first input. */
const unary = new Set(
  (
    "Abs AveragePool BatchNormalization Cast Clip Concat Conv ConvTranspose Dropout Elu Erf Exp Gelu GlobalAveragePool " +
    "GlobalMaxPool GroupNormalization HardSigmoid HardSwish Identity InstanceNormalization LayerNormalization LeakyRelu " +
    "LogSoftmax MaxPool Neg Not Pad Relu Resize Sigmoid Sign Slice Softmax Split Sqrt Tanh Tile " +
    "DequantizeLinear QuantizeLinear DynamicQuantizeLinear"
  ).split(" "),
);
/** Operators that broadcast all inputs. */
const broadcasting = new Set("Add And Div Equal Greater Less Max Min Mul Or Pow Sub Sum Where".split(" "));

/** The ranks of values as far as they follow from the operators alone. Nodes are added in topological order. */
export class KnownRanks {
  private readonly found = new Map<string, number>();

  /** @param known the value of a constant. @param outer the ranks of the inputs, and of the values of enclosing graphs. */
  constructor(
    private readonly known: (value: string) => Tensor | undefined,
    private readonly outer: (value: string) => number | undefined,
  ) {}

  get(value: string): number | undefined {
    return this.found.get(value) ?? this.known(value)?.shape.length ?? this.outer(value);
  }

  add(node: Node): void {
    const rank = node.domain === "" ? this.rankOf(node) : undefined;
    if (rank === undefined) return;
    const count = node.op === "Split" ? node.outputs.length : 1;
    for (const output of node.outputs.slice(0, count)) this.found.set(output, rank);
  }

  private rankOf(node: Node): number | undefined {
    const { op, inputs } = node;
    const rank = (i: number) => this.get(inputs[i] ?? "");
    if (unary.has(op)) return rank(0);
    if (broadcasting.has(op)) return this.highest(inputs);
    if (op === "Flatten" || op === "Gemm") return 2;
    if (op === "MatMul") return (rank(0) ?? 0) > 1 && (rank(1) ?? 0) > 1 ? this.highest(inputs) : undefined;
    if (op === "Reshape") return this.count(inputs[1]);
    if (op === "Transpose") return attribute(node, "perm", "ints", []).length || rank(0);
    if (op === "Unsqueeze") return sum(rank(0), this.count(inputs[1]));
    if (op === "Squeeze") return sum(rank(0), this.count(inputs[1]), -1);
    if (op === "Gather") return sum(sum(rank(0), rank(1)), -1);
    if (!op.startsWith("Reduce")) return undefined;
    return attribute(node, "keepdims", "int", 1) === 1 ? rank(0) : sum(rank(0), this.count(inputs[1]), -1);
  }

  private highest(values: readonly string[]): number | undefined {
    const ranks = values.filter((value) => value !== "").map((value) => this.get(value));
    return ranks.every((rank) => rank !== undefined) ? Math.max(...ranks) : undefined;
  }

  /** The number of elements of a constant list. */
  private count = (value = ""): number | undefined => this.known(value)?.data.length;
}

const sum = (one: number | undefined, other: number | undefined, sign = 1): number | undefined =>
  one === undefined || other === undefined ? undefined : one + sign * other;
