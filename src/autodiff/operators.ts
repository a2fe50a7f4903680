import type { Rule } from "./rule.js";
import { rules } from "./rules/index.js";

/** What Legible does with an operator of standard ONNX in differentiation. */
export interface Operator {
  /** The opset in which the operator first appeared. */
  readonly since: number;
  /** "differentiable": passes the gradient on. "flat": no gradient passes, see `Rule.isFlat`. */
  readonly kind: "differentiable" | "flat";
  /** What its rule does not cover, and conventions where the derivative is not unique; "" if there is nothing to say. */
  readonly limits: string;
}

/** The operators with a rule, by the opset of standard ONNX in which they first appeared. */
const appeared: Readonly<Record<number, string>> = {
  1: `
    Abs Add And ArgMax ArgMin AveragePool BatchNormalization Cast Ceil Clip Concat Conv ConvTranspose
    DepthToSpace Div Dropout Elu Equal Exp Flatten Floor Gather Gemm GlobalAveragePool GlobalMaxPool
    Greater HardSigmoid Hardmax Identity InstanceNormalization LRN LeakyRelu Less Log LogSoftmax
    LpNormalization LpPool MatMul Max MaxPool Mean Min Mul Multinomial Neg Not Or PRelu Pad Pow RandomNormalLike RandomUniformLike Reciprocal ReduceL1
    ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum
    ReduceSumSquare Relu Reshape Selu Shape Sigmoid Size Slice Softmax Softplus Softsign SpaceToDepth
    Split Sqrt Squeeze Sub Sum Tanh Tile TopK Transpose Unsqueeze Xor
  `,
  2: "GlobalLpPool",
  7: "Acos Asin Atan Cos Sin Tan",
  8: "Expand",
  9: `
    Acosh Asinh Atanh Compress ConstantOfShape Cosh Erf EyeLike IsNaN MaxUnpool MeanVarianceNormalization NonZero OneHot
    Shrink Sign Sinh Where
  `,
  10: "DequantizeLinear IsInf Mod NonMaxSuppression QuantizeLinear Resize ReverseSequence RoiAlign ThresholdedRelu",
  11: "BitShift CumSum DynamicQuantizeLinear GatherElements GatherND Range Round ScatterElements ScatterND",
  12: "Celu Einsum GreaterOrEqual LessOrEqual NegativeLogLikelihoodLoss SoftmaxCrossEntropyLoss",
  14: "HardSwish Trilu",
  15: "Bernoulli CastLike",
  16: "GridSample",
  17: "BlackmanWindow DFT HammingWindow HannWindow LayerNormalization MelWeightMatrix STFT",
  18: "BitwiseAnd BitwiseNot BitwiseOr BitwiseXor CenterCropPad Col2Im GroupNormalization Mish",
  20: "AffineGrid Gelu",
  23: "Attention RMSNormalization RotaryEmbedding",
  24: "Swish",
  26: "CumProd",
};

/** The opset in which each operator with a rule first appeared. */
export const opsets: ReadonlyMap<string, number> = new Map(
  Object.entries(appeared).flatMap(([opset, names]) =>
    names
      .trim()
      .split(/\s+/)
      .map((op) => [op, Number(opset)] as const),
  ),
);

const described = (op: string, { isFlat, limits = "" }: Rule): Operator => ({
  since: opsets.get(op) ?? 1,
  kind: isFlat ? "flat" : "differentiable",
  limits,
});

/** Every operator with a rule, in alphabetical order, as its rule describes itself. */
export const operators: Readonly<Record<string, Operator>> = Object.fromEntries(
  Object.keys(rules)
    .sort()
    .map((op) => [op, described(op, rules[op] as Rule)]),
);

/**
 * Operators that are replaced when a file is read or when its shapes are known, with their replacement; they need no rule.
 * Loops and recurrent networks are replaced up to 20000 more nodes.
 */
export const replacedOnReading: Readonly<Record<string, string>> = {
  ConcatFromSequence: "Concat, if the structure of the sequence is known",
  Constant: "a constant of the graph",
  ConvInteger: "Conv on floating-point numbers",
  DeformConv: "GridSample and MatMul",
  GRU: "its steps",
  If: "the branch taken, if the condition follows from constants and shapes",
  LSTM: "its steps",
  Loop: "its iterations, if their number follows from constants and shapes and the condition stays true",
  MatMulInteger: "MatMul on floating-point numbers",
  OptionalGetElement: "the value that it holds, if known",
  QLinearConv: "Conv between DequantizeLinear and QuantizeLinear",
  QLinearMatMul: "MatMul between DequantizeLinear and QuantizeLinear",
  RNN: "its steps",
  Scan: "its iterations",
  Scatter: "ScatterElements",
  SequenceAt: "the tensor at that position, if the structure of the sequence is known",
  SplitToSequence: "Split, if the sizes follow from constants and shapes",
  Upsample: "Resize",
};

/** Operators of standard ONNX that can pass a gradient and have no rule. */
export const gaps: readonly string[] = [
  "Det",
  "ImageDecoder",
  "Loop",
  "MaxRoiPool",
  "SequenceAt",
  "TensorScatter",
  "Unique",
];

/** What an operator does with a gradient: passes it on, is flat (see `Operator`), or has no rule. */
export const kindOf = (op: string): Operator["kind"] | "missing" =>
  Object.hasOwn(operators, op) ? (operators[op] as Operator).kind : "missing";
