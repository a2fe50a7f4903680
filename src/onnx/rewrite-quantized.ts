import { type GraphBuilder, int } from "./builder.js";
import { attribute, type Node } from "./graph.js";
import { channelsFirst, channelsLast } from "./rewrite-layout.js";
import type { Rewrite, RewriteContext } from "./rewriting.js";
import { float32, sizeOf, toNumbers } from "./tensor.js";
import { without } from "./upgrade.js";

/*
 * Operators on integers (QOperator format), read as the same operator on floating-point numbers between DequantizeLinear and
 * QuantizeLinear (QDQ format). ONNX Runtime's result and that of the QDQ format differ by one level at most, where the
 * two round a tie differently.
 */

/** The names of an integer tensor, its scale and its zero point. */
type Quantized = readonly [value: string, scale: string, zero: string];

const dequantized = (b: GraphBuilder, [value, scale, zero]: Quantized, axis?: number) =>
  b.add("DequantizeLinear", [value, scale, zero], axis === undefined ? {} : { axis: int(axis) });
const quantized = (b: GraphBuilder, y: string, scale: string, zero: string) =>
  b.add("QuantizeLinear", [y, scale, zero]);

/** DequantizeLinear, an operator of one input, QuantizeLinear: inputs x, its scale and zero point, scale and zero point of y. */
const unary =
  (operator: (context: RewriteContext, x: string) => string): Rewrite =>
  (context) => {
    const { b, inputs } = context;
    const [x, xScale, xZero, yScale, yZero] = inputs;
    return [quantized(b, operator(context, dequantized(b, [x, xScale, xZero])), yScale, yZero)];
  };

const binary =
  (op: string): Rewrite =>
  ({ b, inputs: [x, xScale, xZero, y, yScale, yZero, zScale, zZero] }) => {
    const z = b.add(op, [dequantized(b, [x, xScale, xZero]), dequantized(b, [y, yScale, yZero])]);
    return [quantized(b, z, zScale, zZero)];
  };

export const QLinearAdd = binary("Add");
export const QLinearMul = binary("Mul");
export const QLinearSigmoid = unary(({ b }, x) => b.Sigmoid(x));
export const QLinearLeakyRelu = unary(({ b, node }, x) => b.add("LeakyRelu", [x], node.attributes));
export const QLinearReduceMean = unary(({ b, node }, x) =>
  b.ReduceMean(x, attribute(node, "axes", "ints", []), attribute(node, "keepdims", "int", 1) === 1),
);

/** Up to opset 12 Softmax works on the rows of a matrix that is split before `axis`. */
export const QLinearSoftmax = unary(({ b, node, inputs, rank }, x) => {
  const since13 = attribute(node, "opset", "int", 13) >= 13;
  const axis = attribute(node, "axis", "int", since13 ? -1 : 1);
  if (since13 || axis === -1 || axis + 1 === rank(inputs[0])) return b.Softmax(x, since13 ? axis : -1);
  return b.add("Reshape", [b.Softmax(b.Flatten(x, axis), -1), b.Shape(x)]);
});

/** An operator whose attribute `channels_last` says that it works on [N, H, W, C]. */
function inLayout({ b, node }: RewriteContext, x: string, rank: number, operator: (x: string) => string): string {
  const last = attribute(node, "channels_last", "int", 0) === 1;
  return last ? channelsLast(b, operator(channelsFirst(b, x, rank)), rank) : operator(x);
}

const standard = (node: Node): Node["attributes"] => without(node, "channels_last").attributes;

export const QLinearAveragePool = unary((context, x) => {
  const { b, node } = context;
  const rank = attribute(node, "kernel_shape", "ints", [1, 1]).length + 2;
  return inLayout(context, x, rank, (value) => b.add("AveragePool", [value], standard(node)));
});

export const QLinearGlobalAveragePool = unary((context, x) =>
  inLayout(context, x, context.rank(context.inputs[0]) ?? 4, context.b.GlobalAveragePool),
);

/** The weight may have a scale for each output channel; the scale of the int32 bias is the product of those of x and w. */
export const QLinearConv: Rewrite = (context) => {
  const { b, node, inputs, known } = context;
  const [x, xScale, xZero, w, wScale, wZero, yScale, yZero, bias] = inputs;
  const floatBias = bias && dequantized(b, [bias, product(context, xScale, wScale), ""], 0);
  const weight = dequantized(b, [w, wScale, wZero], 0);
  const y = inLayout(context, dequantized(b, [x, xScale, xZero]), known(w)?.shape.length ?? 4, (value) =>
    b.add("Conv", [value, weight, floatBias], standard(node)),
  );
  return [quantized(b, y, yScale, yZero)];
};

/** The product of two scales, each a scalar or a list, and of a number. */
function product({ b, known }: RewriteContext, one: string, other: string, factor = 1): string {
  const [x, y] = [known(one), known(other)];
  if (!x || !y || x.type !== "float32" || y.type !== "float32") {
    const both = b.Mul(one, other);
    return factor === 1 ? both : b.Mul(both, b.scalar(factor));
  }
  const [longer, shorter] = sizeOf(x.shape) >= sizeOf(y.shape) ? [x, y] : [y, x];
  const [scale = 1] = toNumbers(shorter);
  const values = toNumbers(longer).map((value) => Math.fround(value * scale * factor));
  return b.constant(float32(values, longer.shape.length === 0 ? [] : [values.length]));
}

/** The axis along which a scale of an operand has its entries: undefined for one scale, null if they are not along one axis. */
function scaleAxis({ known }: RewriteContext, scale: string, axis: number): number | undefined | null {
  const shape = known(scale)?.shape;
  if (!shape || sizeOf(shape) === 1) return undefined;
  return shape.length === 1 ? axis : null;
}

/** A has one scale or one for each row, B one scale or one for each column. */
export const QLinearMatMul: Rewrite = (context) => {
  const { b, inputs } = context;
  const [a, aScale, aZero, w, wScale, wZero, yScale, yZero] = inputs;
  const [rows, columns] = [scaleAxis(context, aScale, -2), scaleAxis(context, wScale, -1)];
  if (rows === null || columns === null) return null;
  const y = b.MatMul(dequantized(b, [a, aScale, aZero], rows), dequantized(b, [w, wScale, wZero], columns));
  return [quantized(b, y, yScale, yZero)];
};

/** α·A′·B′ + C, where the scale of the int32 C is α times that of the product. Without a scale of y the result is float32. */
export const QGemm: Rewrite = (context) => {
  const { b, node, inputs } = context;
  const [a, aScale, aZero, w, wScale, wZero, c, yScale, yZero] = inputs;
  const columns = scaleAxis(context, wScale, attribute(node, "transB", "int", 0) ? 0 : 1);
  if (columns === null) return null;
  const alpha = attribute(node, "alpha", "float", 1);
  const bias =
    c && dequantized(b, [c, product(context, aScale, wScale, alpha), ""], columns === undefined ? undefined : -1);
  const operands = [dequantized(b, [a, aScale, aZero]), dequantized(b, [w, wScale, wZero], columns)];
  const y = b.add("Gemm", [...operands, bias], node.attributes);
  return [yScale ? quantized(b, y, yScale, yZero) : y];
};

/** Inputs: scale and zero point of y, then value, scale and zero point of each part. */
export const QLinearConcat: Rewrite = ({ b, node, inputs }) => {
  const [yScale, yZero, ...rest] = inputs;
  const parts = Array.from({ length: Math.floor((node.inputs.length - 2) / 3) }, (_, i) =>
    dequantized(b, [rest[3 * i] ?? "", rest[3 * i + 1] ?? "", rest[3 * i + 2] ?? ""]),
  );
  return [quantized(b, b.Concat(parts, attribute(node, "axis", "int", 1)), yScale, yZero)];
};

export const QLinearWhere: Rewrite = ({
  b,
  inputs: [condition, x, xScale, xZero, y, yScale, yZero, zScale, zZero],
}) => [
  quantized(
    b,
    b.Where(condition, dequantized(b, [x, xScale, xZero]), dequantized(b, [y, yScale, yZero])),
    zScale,
    zZero,
  ),
];

/**
 * An operator that works on integers, but whose gradient rule works on floating-point numbers, on a quantized value: its
 * result is monotone in each input, so that it is the same between DequantizeLinear and QuantizeLinear.
 */
export const onQuantized =
  (op: string): Rewrite =>
  ({ b, node, inputs: [x, ...rest], quantization }) => {
    const q = quantization(x);
    if (!q || node.outputs.length > 1) return null;
    const asNumber = (value: string) => value && dequantized(b, [value, q.scale, q.zero]);
    const others = rest.slice(0, node.inputs.length - 1);
    // The bounds of Clip are quantized like x; further inputs of other operators are sizes.
    const y = b.add(op, [asNumber(x), ...(op === "Clip" ? others.map(asNumber) : others)], node.attributes);
    return [quantized(b, y, q.scale, q.zero)];
  };
