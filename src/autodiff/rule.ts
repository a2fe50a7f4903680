import { UserError } from "../errors.js";
import type { GraphBuilder } from "../onnx/builder.js";
import { attribute, type Node } from "../onnx/graph.js";
import { sizeOf, type Tensor, toNumbers } from "../onnx/tensor.js";

/** Value names; a missing optional one is "". Padded with "", so that rules can take apart what an operator may have. */
type Values = readonly [string, string, string, string, string, ...string[]];

/** What a gradient rule gets to see. */
export interface RuleContext {
  /** Takes the nodes of the gradient. */
  readonly b: GraphBuilder;
  readonly node: Node;
  readonly inputs: Values;
  readonly outputs: Values;
  /** d loss / d output for each output; zeros where the loss does not depend on it. */
  readonly grads: Values;
  /** Which inputs lie on the way to something that a gradient was asked for. */
  readonly needsGrad: readonly boolean[];
  /** The shape of any value of the original graph. */
  shape(value: string): readonly number[];
  /** The value of an input that is a constant. @throws UserError when it is computed from data. */
  constant(value: string): Tensor;
  /** The same, but null when it is computed from data. */
  known(value: string): Tensor | null;
}

/** Returns d loss / d input for each input: the name of a value, or null where there is none or nobody needsGrad it. */
export type Rule = (context: RuleContext) => (string | null)[];

/** For operators through which nothing can be learned: their output is flat or discrete in every input. */
export const noGradient: Rule = () => [];

/** Numbers of an attribute that holds whole numbers. */
export const intsOf = (node: Node, name: string, fallback: readonly number[]): readonly number[] =>
  attribute(node, name, "ints", fallback);
export const intOf = (node: Node, name: string, fallback: number): number => attribute(node, name, "int", fallback);
export const floatOf = (node: Node, name: string, fallback: number): number => attribute(node, name, "float", fallback);
export const stringOf = (node: Node, name: string, fallback: string): string =>
  attribute(node, name, "string", fallback);

/** The numbers of a constant input, or `fallback` where it is left out. */
export const numbersOf = ({ constant }: RuleContext, value: string, fallback: readonly number[]): readonly number[] =>
  value === "" ? fallback : toNumbers(constant(value));

/** An axis counted from the front. */
export const axisOf = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis);

/** 0, 1, … n - 1. */
export const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/**
 * Undoes broadcasting: a gradient of shape `from` summed to the shape `to` of the operand that was broadcast.
 */
export function unbroadcast(b: GraphBuilder, grad: string, from: readonly number[], to: readonly number[]): string {
  if (from.join() === to.join()) return grad;
  const lead = from.length - to.length;
  const axes = range(from.length).filter((axis) => axis < lead || (to[axis - lead] === 1 && from[axis] !== 1));
  const kept = from.map((size, axis) => (axes.includes(axis) ? 1 : size));
  const summed = axes.length > 0 ? b.ReduceSum(grad, axes) : grad;
  return sizeOf(kept) === sizeOf(to) ? b.reshaped(summed, kept, to) : summed;
}

/** The product of a value of the input's rank with a matrix, along one axis. */
export function alongAxis({ b, inputs, shape }: RuleContext, value: string, axis: number, matrix: string): string {
  const rank = shape(inputs[0]).length;
  if (axis === rank - 1) return b.MatMul(value, matrix);
  const perm = range(rank).map((a) => (a === axis ? rank - 1 : a === rank - 1 ? axis : a));
  return b.Transpose(b.MatMul(b.Transpose(value, perm), matrix), perm);
}

/** The matrix M of zeros and ones for which dy·M adds the i-th element of dy to the place `indices[i]` of `size`. */
export function picking(b: GraphBuilder, indices: readonly number[], size: number): string {
  const data = new Float32Array(indices.length * size);
  for (const [i, index] of indices.entries()) data[i * size + index] = 1;
  return b.constant({ type: "float32", shape: [indices.length, size], data });
}

/** The error of a rule that does not cover what a node asks for. */
export const cannotDifferentiate = (op: string, name: string, why: string): UserError =>
  new UserError(`cannot differentiate ${op} "${name}": ${why}`);
