import type { UserError } from "../errors.js";
import type { GraphBuilder } from "../onnx/builder.js";
import { attribute, type Node } from "../onnx/graph.js";
import { sizeOf, type Tensor, toNumbers } from "../onnx/tensor.js";

/** Names of values; a missing optional one is "". Padded with "", so that rules can destructure optional ones. */
type Values = readonly [string, string, string, string, string, ...string[]];

/** The input of a gradient rule: a node and the gradients to its outputs. */
export interface RuleContext {
  /** The graph to which the rule adds the nodes of the gradient. */
  readonly b: GraphBuilder;
  readonly node: Node;
  readonly inputs: Values;
  readonly outputs: Values;
  /** d loss / d output for each output; zeros where the loss does not depend on it. */
  readonly grads: Values;
  /** For each output, whether the loss depends on it. */
  readonly reached: readonly boolean[];
  /** For each input, whether the result needs its gradient. */
  readonly needsGrad: readonly boolean[];
  /** The shape of any value of the original graph. */
  shape(value: string): readonly number[];
  /** The value of a constant input. @throws UserError if it is computed from data. */
  constant(value: string): Tensor;
  /** The value of a constant input; null if it is computed from data. */
  known(value: string): Tensor | null;
  /** The error for a node that the rule does not cover: `why` is a predicate such as "samples a volume". */
  refuse(why: string): UserError;
}

/** A gradient rule, named like its operator. OPERATORS.md and error messages derive from its properties. */
export interface Rule {
  /** Returns the name of d loss / d input for each input, or null where there is no gradient or none is needed. */
  (context: RuleContext): (string | null)[];
  /** What the rule does not cover, and conventions where the derivative is not unique. */
  readonly limits?: string;
  /** No gradient passes: the outputs are piecewise constant in every input, except for those that `limits` names. */
  readonly isFlat?: true;
}

/** A rule with limits: see `Rule.limits`. */
export const withLimits = (limits: string, rule: Rule): Rule =>
  Object.assign((context: RuleContext) => rule(context), { ...rule, limits });

/** The rule of operators through which no gradient passes: see `Rule.isFlat`. */
export const noGradient: Rule = Object.assign(() => [], { isFlat: true as const });

/** The limits of rules that round. */
export const STRAIGHT_THROUGH =
  "straight-through estimate; the gradient is 0 where the rounded value is combined with its source, as in x - floor(x)";

/**
 * y = x, rounded. The gradient of rounding, which is 0 almost everywhere, is replaced by that of the identity: dx = dy
 * (straight-through estimator, Bengio et al. 2013).
 */
export const rounding: Rule = withLimits(STRAIGHT_THROUGH, ({ grads: [dy] }) => [dy]);

/** An attribute that is a list of integers. */
export const intsOf = (node: Node, name: string, fallback: readonly number[]): readonly number[] =>
  attribute(node, name, "ints", fallback);
export const intOf = (node: Node, name: string, fallback: number): number => attribute(node, name, "int", fallback);
export const floatOf = (node: Node, name: string, fallback: number): number => attribute(node, name, "float", fallback);
export const stringOf = (node: Node, name: string, fallback: string): string =>
  attribute(node, name, "string", fallback);

/** The numbers of a constant input, or `fallback` if it is left out. @throws UserError if it is computed from data. */
export const numbersOf = ({ constant }: RuleContext, value: string, fallback: readonly number[]): readonly number[] =>
  value === "" ? fallback : toNumbers(constant(value));

/** An axis counted from the front. */
export const axisOf = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis);

/** 0, 1, … n - 1. */
export const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** The transpose of broadcasting: sums a gradient of shape `from` to the shape `to` of the operand. */
export function unbroadcast(b: GraphBuilder, grad: string, from: readonly number[], to: readonly number[]): string {
  if (from.join() === to.join()) return grad;
  const lead = from.length - to.length;
  const axes = range(from.length).filter((axis) => axis < lead || (to[axis - lead] === 1 && from[axis] !== 1));
  const kept = from.map((size, axis) => (axes.includes(axis) ? 1 : size));
  const summed = axes.length > 0 ? b.ReduceSum(grad, axes) : grad;
  return sizeOf(kept) === sizeOf(to) ? b.reshaped(summed, kept, to) : summed;
}

/** The value with 1 in the place of 0: a divisor under a numerator that is 0 there, too. */
export const withoutZeros = (b: GraphBuilder, value: string): string =>
  b.Add(value, b.Cast(b.Equal(value, b.zero), "float32"));

/** The product of a value, of the rank of the first input, with a matrix along one axis. */
export function alongAxis({ b, inputs, shape }: RuleContext, value: string, axis: number, matrix: string): string {
  const rank = shape(inputs[0]).length;
  if (axis === rank - 1) return b.MatMul(value, matrix);
  const perm = range(rank).map((a) => (a === axis ? rank - 1 : a === rank - 1 ? axis : a));
  return b.Transpose(b.MatMul(b.Transpose(value, perm), matrix), perm);
}

/** The matrix M [indices, size] of zeros and ones for which dy·M adds the i-th element of dy to element `indices[i]`. */
export function picking(b: GraphBuilder, indices: readonly number[], size: number): string {
  const data = new Float32Array(indices.length * size);
  for (const [i, index] of indices.entries()) data[i * size + index] = 1;
  return b.constant({ type: "float32", shape: [indices.length, size], data });
}
