import { int, string } from "./builder.js";
import { attribute } from "./graph.js";
import { activated, withoutActivation } from "./rewrite-activation.js";
import { channelsFirst, channelsLast, swapLast } from "./rewrite-layout.js";
import type { Rewrite, RewriteContext } from "./rewriting.js";
import { toNumbers } from "./tensor.js";

/*
 * Products, convolutions and activations that ONNX Runtime fuses: the domain com.microsoft, as described in
 * https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md.
 */

const one = (value: string | null): readonly string[] | null => (value === null ? null : [value]);

/** activation(Conv(X, W, B) + Z). */
export const FusedConv: Rewrite = ({ b, node, inputs: [x, w, bias, sum] }) => {
  const y = b.add("Conv", [x, w, bias], withoutActivation(node));
  return one(activated(b, sum ? b.Add(y, sum) : y, node));
};

/** FusedConv on [N, H, W, C]; the weight has the standard layout, or with `last` its channels last too. */
const nhwcConv =
  (last: boolean): Rewrite =>
  (context) => {
    const { b, node, inputs, known } = context;
    const [x, w, bias, sum] = inputs;
    const rank = known(w)?.shape.length ?? 4;
    const first = (value: string) => value && channelsFirst(b, value, rank);
    const y = b.add("Conv", [first(x), last ? first(w) : w, bias], withoutActivation(node));
    const z = activated(b, sum ? b.Add(y, first(sum)) : y, node);
    return z === null ? null : [channelsLast(b, z, rank)];
  };
export const NhwcFusedConv = nhwcConv(false);
export const NhwcConv = nhwcConv(true);

/** MaxPool on [N, H, W, C]. */
export const NhwcMaxPool: Rewrite = ({ b, node, inputs: [x] }) => {
  const rank = attribute(node, "kernel_shape", "ints", [1, 1]).length + 2;
  return [channelsLast(b, b.add("MaxPool", [channelsFirst(b, x, rank)], node.attributes), rank)];
};

/** ConvTranspose whose paddings are an input, which must be constant. */
export const ConvTransposeWithDynamicPads: Rewrite = ({ b, node, inputs: [x, w, pads, bias], known }) => {
  const constant = known(pads);
  if (pads && !constant) return null;
  const padding = constant && { pads: { kind: "ints", value: toNumbers(constant) } as const };
  return [b.add("ConvTranspose", [x, w, bias], { ...node.attributes, ...padding })];
};

/** activation(α·A′·B′ + β·C). */
export const FusedGemm: Rewrite = ({ b, node, inputs: [a, w, c] }) =>
  one(activated(b, b.add("Gemm", [a, w, c], withoutActivation(node)), node));

/** α·A′·B′ over batches, where A′ and B′ may be transposed in their last two axes, and have the batch behind the first. */
function product(context: RewriteContext): string {
  const { b, node, inputs } = context;
  const flag = (name: string) => attribute(node, name, "int", 0) !== 0;
  const operand = (value: string, side: "A" | "B") =>
    turned(context, value, flag(`trans${side}`), flag(`transBatch${side}`));
  const y = b.MatMul(operand(inputs[0], "A"), operand(inputs[1], "B"));
  const alpha = attribute(node, "alpha", "float", 1);
  return alpha === 1 ? y : b.Mul(y, b.scalar(alpha));
}

function turned({ b, rank }: RewriteContext, value: string, matrix: boolean, batch: boolean): string {
  const axes = rank(value);
  if (axes === 1 || !(matrix || batch)) return value;
  // [i, batch, k] to [batch, i, k]; transposed as well to [batch, k, i].
  if (batch) return b.add("Einsum", [value], { equation: string(matrix ? "i...k->...ki" : "i...k->...ik") });
  return axes === undefined ? swapLast(b, value) : b.transposeLast(value, axes);
}

export const FusedMatMul: Rewrite = (context) => [product(context)];
export const FusedMatMulActivation: Rewrite = (context) => {
  const { b, node } = context;
  const y = product(context);
  if (attribute(node, "activation", "string", "") !== "Softmax") return one(activated(b, y, node));
  return [b.Softmax(y, attribute(node, "activation_axis", "int", -1))];
};

const gelu = (b: RewriteContext["b"], x: string, approximate: "none" | "tanh" = "none") =>
  b.add("Gelu", [x], { approximate: string(approximate) });
const plus = (b: RewriteContext["b"], x: string, ...terms: readonly string[]) =>
  terms.reduce((sum, term) => (term ? b.Add(sum, term) : sum), x);

/** x·Φ(x). */
export const Gelu: Rewrite = ({ b, inputs: [x] }) => [gelu(b, x)];
export const BiasGelu: Rewrite = ({ b, inputs: [x, bias] }) => [gelu(b, plus(b, x, bias))];
/** Gelu with the approximation by tanh. */
export const FastGelu: Rewrite = ({ b, inputs: [x, bias] }) => [gelu(b, plus(b, x, bias), "tanh")];
export const GemmFastGelu: Rewrite = ({ b, inputs: [x, w, bias] }) => [gelu(b, plus(b, b.MatMul(x, w), bias), "tanh")];
/** x·sigmoid(α·x). */
export const QuickGelu: Rewrite = ({ b, node, inputs: [x] }) => {
  const alpha = attribute(node, "alpha", "float", 1.702);
  return [b.Mul(x, b.Sigmoid(alpha === 1 ? x : b.Mul(x, b.scalar(alpha))))];
};

/** The left half of x + bias along the last axis, times the Gelu of its right half. */
export const BiasSplitGelu: Rewrite = ({ b, inputs: [x, bias] }) => {
  const [left = "", right = ""] = b.addMany("Split", [b.Add(x, bias)], { axis: int(-1), num_outputs: int(2) }, 2);
  return [b.Mul(left, gelu(b, right))];
};

export const BiasAdd: Rewrite = ({ b, inputs: [x, bias, skip] }) => [plus(b, x, bias, skip)];
/** In inference nothing is dropped. */
export const BiasDropout: Rewrite = ({ b, inputs: [x, bias, residual] }) => [plus(b, x, bias, residual)];

/** Softmax of data + bias over all axes from `axis` on. */
export const BiasSoftmax: Rewrite = ({ b, node, inputs: [data, bias], rank }) => {
  const sum = b.Add(data, bias);
  const axis = attribute(node, "axis", "int", 1);
  if (axis === -1 || axis + 1 === rank(data)) return [b.Softmax(sum, -1)];
  return [b.add("Reshape", [b.Softmax(b.Flatten(sum, axis), -1), b.Shape(sum)])];
};

/** Operators of com.microsoft that standard ONNX has under the same name. */
export const sameAs =
  (op: string): Rewrite =>
  ({ b, node, inputs }) => [b.add(op, inputs.slice(0, node.inputs.length), node.attributes)];

/** Rows of an embedding. */
export const TorchEmbedding: Rewrite = ({ b, inputs: [weight, indices] }) => [b.Gather(weight, indices, 0)];
export const ExpandDims: Rewrite = ({ b, inputs: [x, axis] }) => [
  b.add("Unsqueeze", [x, b.add("Reshape", [b.add("Cast", [axis], { to: int(7) }), b.integers([1])])]),
];

const modes: Readonly<Record<string, string>> = { bilinear: "linear", bicubic: "cubic" };
export const GridSample: Rewrite = ({ b, node, inputs: [x, grid] }) => {
  const mode = attribute(node, "mode", "string", "bilinear");
  return [b.add("GridSample", [x, grid], { ...node.attributes, mode: string(modes[mode] ?? mode) })];
};
