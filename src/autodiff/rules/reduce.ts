import { sizeOf } from "../../onnx/tensor.js";
import { axisOf, intOf, numbersOf, type Rule, type RuleContext, range, withLimits, withoutZeros } from "../rule.js";

/** The axes of a reduction, as non-negative numbers. */
function reducedAxes(context: RuleContext): number[] {
  const { node, inputs, shape } = context;
  const rank = shape(inputs[0]).length;
  const given = numbersOf(context, inputs[1], []);
  if (given.length === 0) return intOf(node, "noop_with_empty_axes", 0) ? [] : range(rank);
  return given.map((axis) => axisOf(axis, rank));
}

/** A reduced value with its reduced axes of size 1, so that it broadcasts against the input. */
function kept({ b, inputs, shape }: RuleContext, value: string, axes: readonly number[]): string {
  return b.Reshape(
    value,
    shape(inputs[0]).map((size, axis) => (axes.includes(axis) ? 1 : size)),
  );
}

/** y = Σ x. dx = dy, repeated. */
export const ReduceSum: Rule = (context) => {
  const { b, inputs, grads, shape } = context;
  return [b.Expand(kept(context, grads[0], reducedAxes(context)), b.integers(shape(inputs[0])))];
};

/** y = Σ x / n. dx = dy / n, repeated. */
export const ReduceMean: Rule = (context) => {
  const { b, inputs, grads, shape } = context;
  const axes = reducedAxes(context);
  const n = sizeOf(axes.map((axis) => shape(inputs[0])[axis] ?? 1));
  return [b.Expand(b.Div(kept(context, grads[0], axes), b.scalar(n)), b.integers(shape(inputs[0])))];
};

/** y = Σ x². dx = 2·x·dy. */
export const ReduceSumSquare: Rule = (context) => {
  const { b, inputs, grads } = context;
  return [b.Mul(b.Mul(b.scalar(2), inputs[0]), kept(context, grads[0], reducedAxes(context)))];
};

/** y = √Σ x². dx = x·dy / y; 0 where y is 0, as in PyTorch. */
export const ReduceL2: Rule = (context) => {
  const { b, inputs, outputs, grads } = context;
  const axes = reducedAxes(context);
  const norm = withoutZeros(b, kept(context, outputs[0], axes));
  return [b.Mul(inputs[0], b.Div(kept(context, grads[0], axes), norm))];
};

/** y = Σ |x|. dx = dy·sign x. */
export const ReduceL1: Rule = (context) => {
  const { b, inputs, grads } = context;
  return [b.Mul(b.Sign(inputs[0]), kept(context, grads[0], reducedAxes(context)))];
};

/** y = ln Σ eˣ. dx = dy·eˣ⁻ʸ. */
export const ReduceLogSumExp: Rule = (context) => {
  const { b, inputs, outputs, grads } = context;
  const axes = reducedAxes(context);
  return [b.Mul(b.Exp(b.Sub(inputs[0], kept(context, outputs[0], axes))), kept(context, grads[0], axes))];
};

/** The gradient of y = the largest (smallest) x: the elements that equal y share dy equally, as in PyTorch's amax. */
const toExtremes: Rule = (context) => {
  const { b, inputs, outputs, grads } = context;
  const axes = reducedAxes(context);
  const winners = b.Cast(b.Equal(inputs[0], kept(context, outputs[0], axes)), "float32");
  return [b.Mul(winners, b.Div(kept(context, grads[0], axes), b.ReduceSum(winners, axes)))];
};
/** y = the largest x. */
export const ReduceMax = withLimits("equal maxima share the gradient", toExtremes);
/** y = the smallest x. */
export const ReduceMin = withLimits("equal minima share the gradient", toExtremes);

/** y = ln Σ x. dx = dy·e⁻ʸ. */
export const ReduceLogSum: Rule = (context) => {
  const { b, inputs, outputs, grads, shape } = context;
  const axes = reducedAxes(context);
  const share = b.Mul(kept(context, grads[0], axes), b.Exp(b.Neg(kept(context, outputs[0], axes))));
  return [b.Expand(share, b.integers(shape(inputs[0])))];
};

/**
 * y = Π x. dx = dy·(the product of the other factors), which is y / x if no factor is 0. If one factor is 0, it is the product
 * of the rest for that factor, and 0 for the others.
 */
export const ReduceProd: Rule = (context) => {
  const { b, inputs, grads } = context;
  const axes = reducedAxes(context);
  const isZero = b.Equal(inputs[0], b.zero);
  const zeros = b.ReduceSum(b.Cast(isZero, "float32"), axes);
  const factors = b.Where(isZero, b.one, inputs[0]);
  const rest = b.add("ReduceProd", [factors, b.integers(axes)]);
  const others = b.Where(
    isZero,
    b.masked(rest, b.Equal(zeros, b.one)),
    b.masked(b.Div(rest, factors), b.Equal(zeros, b.zero)),
  );
  return [b.Mul(kept(context, grads[0], axes), others)];
};
