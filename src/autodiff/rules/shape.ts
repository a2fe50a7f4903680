import {
  alongAxis,
  axisOf,
  intOf,
  intsOf,
  numbersOf,
  picking,
  type Rule,
  type RuleContext,
  range,
  STRAIGHT_THROUGH,
  stringOf,
  withLimits,
} from "../rule.js";

/** y = x in another shape. dx = dy in the shape of x. */
const reshaping: Rule = ({ b, inputs: [x], grads: [dy], shape }) => [b.Reshape(dy, shape(x))];
export const Flatten = reshaping;
export const Reshape = reshaping;
export const Squeeze = reshaping;
export const Unsqueeze = reshaping;

/** y = x with its axes permuted. dx = dy with the inverse permutation. */
export const Transpose: Rule = ({ b, node, inputs: [x], grads: [dy], shape }) => {
  const perm = intsOf(node, "perm", range(shape(x).length).reverse());
  return [
    b.Transpose(
      dy,
      range(perm.length).map((axis) => perm.indexOf(axis)),
    ),
  ];
};

/** y = x broadcast to a larger shape. dx = dy summed over the repeated axes. */
export const Expand: Rule = ({ b, inputs: [x], outputs: [y], grads: [dy], shape }) => {
  const lead = shape(y).length - shape(x).length;
  const axes = range(shape(y).length).filter((axis) => axis < lead || shape(x)[axis - lead] !== shape(y)[axis]);
  return [axes.length > 0 ? b.Reshape(b.ReduceSum(dy, axes), shape(x)) : dy];
};

/** y = the inputs concatenated. The gradient to each is its slice of dy. */
export const Concat: Rule = ({ b, node, inputs, grads: [dy], needsGrad, shape }) => {
  const axis = axisOf(intOf(node, "axis", 0), shape(inputs[0]).length);
  let start = 0;
  return needsGrad.map((needed, i) => {
    const from = start;
    start += shape(inputs[i] ?? "")[axis] ?? 0;
    return needed ? b.Slice(dy, [axis], [from], [start]) : null;
  });
};

/** The outputs are slices of x. dx = their gradients concatenated. */
export const Split: Rule = ({ b, node, grads, outputs }) => [
  b.Concat(grads.slice(0, outputs.filter((output) => output).length), intOf(node, "axis", 0)),
];

/** y = every step-th element from start to end. dx = dy at these elements and 0 elsewhere. */
export const Slice = withLimits("constant bounds", (context) => {
  const { b, inputs, outputs, shape } = context;
  const [x, y] = [shape(inputs[0]), shape(outputs[0])];
  const starts = numbersOf(context, inputs[1], []);
  const axes = numbersOf(context, inputs[3], range(starts.length)).map((axis) => axisOf(axis, x.length));
  const steps = numbersOf(
    context,
    inputs[4],
    starts.map(() => 1),
  );
  const [begin, end] = [x.map(() => 0), x.map(() => 0)];
  let grad = context.grads[0];
  for (const [i, axis] of axes.entries()) {
    const [size, count, step] = [x[axis] ?? 0, y[axis] ?? 0, steps[i] ?? 1];
    const first = firstIndex(starts[i] ?? 0, size, step);
    if (step === 1) [begin[axis], end[axis]] = [first, size - first - count];
    else
      grad = alongAxis(
        context,
        grad,
        axis,
        picking(
          b,
          range(count).map((k) => first + k * step),
          size,
        ),
      );
  }
  return [[...begin, ...end].some((n) => n > 0) ? b.Pad(grad, [...begin, ...end]) : grad];
});

/** The first index of a slice, after negative and too large starts are clamped as ONNX prescribes. */
function firstIndex(start: number, size: number, step: number): number {
  const fromFront = start < 0 ? start + size : start;
  return Math.min(Math.max(fromFront, 0), step > 0 ? size : size - 1);
}

/** y = x padded with a constant, with its edge, by reflection or periodically. dx sums dy over all copies of each element. */
export const Pad = withLimits("constant widths; no gradient to the fill value", (context) => {
  const { b, node, inputs, grads, shape } = context;
  const x = shape(inputs[0]);
  const given = numbersOf(context, inputs[1], []);
  const axes = numbersOf(context, inputs[3], range(x.length)).map((axis) => axisOf(axis, x.length));
  const mode = stringOf(node, "mode", "constant");
  let grad = grads[0];
  for (const [i, axis] of axes.entries()) {
    const margins = [given[i] ?? 0, given[i + axes.length] ?? 0] as const;
    if (margins[0] === 0 && margins[1] === 0) continue;
    grad = mode === "constant" ? uncrop(context, grad, axis, margins) : fold(context, grad, axis, margins, mode);
  }
  return [b.Identity(grad)];
});

/** The gradient of padding with a constant: dy without the margins, and with zeros where a negative width cropped x. */
function uncrop(
  { b, inputs, shape }: RuleContext,
  grad: string,
  axis: number,
  [begin, end]: readonly [number, number],
): string {
  const rank = shape(inputs[0]).length;
  return b.Pad(
    grad,
    range(2 * rank).map((i) => (i === axis ? -begin : i === axis + rank ? -end : 0)),
  );
}

/** The gradient of padding with elements of x: the sum over the copies of each element. */
function fold(
  context: RuleContext,
  grad: string,
  axis: number,
  [begin, end]: readonly [number, number],
  mode: string,
): string {
  const size = context.shape(context.inputs[0])[axis] ?? 1;
  const sources = range(size + begin + end).map((i) => sourceIndex(i - begin, size, mode));
  return alongAxis(context, grad, axis, picking(context.b, sources, size));
}

function sourceIndex(i: number, size: number, mode: string): number {
  if (mode === "edge") return Math.min(Math.max(i, 0), size - 1);
  if (mode === "wrap") return ((i % size) + size) % size;
  const period = Math.max(2 * (size - 1), 1);
  const inside = ((i % period) + period) % period;
  return inside < size ? inside : period - inside;
}

/** y = channels rearranged into blocks of pixels (Shi et al., CVPR 2016). dx is the inverse rearrangement of dy. */
export const DepthToSpace: Rule = ({ b, node, inputs: [x], grads: [dy], shape }) => {
  const block = intOf(node, "blocksize", 1);
  if (stringOf(node, "mode", "DCR") === "DCR") return [b.SpaceToDepth(dy, block)];
  const [n, c, h, w] = shape(x) as [number, number, number, number];
  const split = b.Reshape(dy, [n, c / block ** 2, h, block, w, block]);
  return [b.Reshape(b.Transpose(split, [0, 1, 3, 5, 2, 4]), [n, c, h, w])];
};

/** y = x in another type. dx = dy, also where y is an integer: the estimate of rounding. */
export const Cast = withLimits(`to integers: ${STRAIGHT_THROUGH}; none to or from bool`, ({ grads: [dy] }) => [dy]);

/** y = x in the type of another value. dx = dy. */
export const CastLike = withLimits(`to integers: ${STRAIGHT_THROUGH}; none to or from bool`, ({ grads: [dy] }) => [
  dy,
  null,
]);

/** y = x repeated along each axis. dx = dy summed over the copies. */
export const Tile: Rule = ({ b, inputs: [x], outputs: [y], grads: [dy], shape }) => {
  const sizes = shape(x);
  const copies = shape(y).map((size, axis) => size / (sizes[axis] ?? 1));
  const split = b.Reshape(
    dy,
    copies.flatMap((count, axis) => [count, sizes[axis] ?? 1]),
  );
  return [
    b.ReduceSum(
      split,
      copies.map((_, axis) => 2 * axis),
      false,
    ),
  ];
};

/** y = the pixels of each block as channels. dx = DepthToSpace(dy). */
export const SpaceToDepth: Rule = ({ b, node, grads: [dy] }) => [
  b.DepthToSpace(dy, intOf(node, "blocksize", 1), "DCR"),
];

/** y = the upper or lower triangle of each matrix. dx = the same triangle of dy. */
export const Trilu: Rule = ({ b, node, inputs: [, k], grads: [dy] }) => [b.add("Trilu", [dy, k], node.attributes)];

/**
 * y = the cumulative products of x along an axis. x[i] is a factor of the products behind it, so dx[i] is the sum of dy·y over
 * these, divided by x[i].
 */
export const CumProd = withLimits("no factor 0", ({ b, node, inputs: [x, axis], outputs: [y], grads: [dy] }) => {
  const reverse = intOf(node, "reverse", 0) === 0 ? 1 : 0;
  const attributes = { ...node.attributes, reverse: { kind: "int" as const, value: reverse } };
  return [b.Div(b.add("CumSum", [b.Mul(dy, y), axis], attributes), x)];
});

/** y = the cumulative sums of x along an axis. dx = the cumulative sums of dy in the opposite direction. */
export const CumSum: Rule = ({ b, node, inputs: [, axis], grads: [dy] }) => {
  const reverse = intOf(node, "reverse", 0) === 0 ? 1 : 0;
  return [b.add("CumSum", [dy, axis], { ...node.attributes, reverse: { kind: "int", value: reverse } })];
};
