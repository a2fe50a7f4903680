import type { GraphBuilder } from "../../onnx/builder.js";
import { intOf, type RuleContext, range, withLimits } from "../rule.js";

/** The smallest and largest integer of each quantized type. */
const ranges: Readonly<Record<string, readonly [number, number]>> = {
  uint8: [0, 255],
  int8: [-128, 127],
  uint16: [0, 65535],
  int16: [-32768, 32767],
  uint4: [0, 15],
  int4: [-8, 7],
};

/** A scale or zero point as float32 that broadcasts against x: a scalar, or a number for each index of an axis. */
function broadcastable({ b, node, inputs, shape }: RuleContext, value: string): string {
  const [x, own] = [shape(inputs[0]), shape(value)];
  const number = b.Cast(value, "float32");
  if (own.length === 0 || (own.length === 1 && own[0] === 1)) return b.Reshape(number, []);
  const axis = intOf(node, "axis", 1);
  const from = axis < 0 ? axis + x.length : axis;
  if (own.length > 1) return blockwise(b, number, own, x, from, intOf(node, "block_size", 0));
  return b.Reshape(
    number,
    range(x.length).map((a) => (a === from ? -1 : 1)),
  );
}

/** Numbers for blocks of `size` elements along an axis, repeated for each element; the last block may be shorter. */
function blockwise(
  b: GraphBuilder,
  numbers: string,
  own: readonly number[],
  x: readonly number[],
  axis: number,
  size: number,
): string {
  const [blocks = 1, behind] = [own[axis], own.slice(axis + 1)];
  const before = own.slice(0, axis);
  const apart = b.Reshape(numbers, [...before, blocks, 1, ...behind]);
  const repeated = b.Expand(apart, b.integers([...before, blocks, size, ...behind]));
  return b.Slice(b.Reshape(repeated, [...before, blocks * size, ...behind]), [axis], [0], [x[axis] ?? 1]);
}

const limits = "straight-through estimate within the range of 4-, 8- and 16-bit types";

/**
 * y = saturate(round(x / scale) + zero). The gradient of rounding, which is 0 almost everywhere, is replaced by that of the
 * identity where x is in the range of the type, and by 0 outside (straight-through estimator, Bengio et al. 2013;
 * Jacob et al. 2018, sec. 3). d loss / d y is a float although y is an integer.
 */
export const QuantizeLinear = withLimits(limits, (context) => {
  const { b, inputs, grads, known, refuse } = context;
  const [x, scale, zero] = inputs;
  const s = broadcastable(context, scale);
  const type = zero ? known(zero)?.type : "uint8";
  const bounds = ranges[type ?? ""];
  if (!bounds) throw refuse(`has the type "${type ?? "unknown"}", whose range is not known`);
  const ratio = b.Div(x, s);
  const position = zero ? b.Add(ratio, broadcastable(context, zero)) : ratio;
  const inside = b.And(
    b.GreaterOrEqual(position, b.scalar(bounds[0] - 0.5)),
    b.LessOrEqual(position, b.scalar(bounds[1] + 0.5)),
  );
  return [b.masked(b.Div(grads[0], s), inside)];
});

/**
 * y = QuantizeLinear(x) with a scale and a zero point that follow from the extremes of x, so that all of x is in range. The
 * gradient of rounding is that of the identity. Scale and zero point pass no gradient: in y·scale that of the scale would
 * cancel, because y is proportional to 1 / scale.
 */
export const DynamicQuantizeLinear = withLimits(
  "straight-through estimate; no gradient through the scale",
  ({ b, outputs: [, scale], grads: [dy] }) => [b.Div(dy, scale)],
);

/** y = (x - zero)·scale. dx = dy·scale. */
export const DequantizeLinear = withLimits("no gradient to the scale", (context) => [
  context.b.Mul(context.grads[0], broadcastable(context, context.inputs[1])),
]);
