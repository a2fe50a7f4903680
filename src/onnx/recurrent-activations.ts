import { float } from "./builder.js";
import type { ExpandContext } from "./expansion.js";
import { attribute, type Node } from "./graph.js";
import { float32 } from "./tensor.js";

/** Adds the nodes of an activation and returns its output. */
export type Activate = (x: string) => string;

/** An activation of a recurrent network, with its parameters alpha and beta by default; undefined if it has none. */
interface Activation {
  readonly alpha?: number;
  readonly beta?: number;
  apply(context: ExpandContext, x: string, alpha: number, beta: number): string;
}

const plain = (op: string): Activation => ({ apply: ({ add }, x) => add(op, [x]) });
const withAlpha = (op: string, alpha: number): Activation => ({
  alpha,
  apply: ({ add }, x, a) => add(op, [x], { alpha: float(a) }),
});
const scaled = ({ add, constant }: ExpandContext, x: string, by: number) =>
  add("Mul", [x, constant(float32([by], []))]);

/** The activations of ONNX's recurrent operators, by their name in lower case. */
const activations: Readonly<Record<string, Activation>> = {
  // ONNX names no defaults for the parameters of Affine and ScaledTanh; ONNX Runtime has 0.
  affine: {
    alpha: 0,
    beta: 0,
    apply: (c, x, alpha, beta) => c.add("Add", [scaled(c, x, alpha), c.constant(float32([beta], []))]),
  },
  elu: withAlpha("Elu", 1),
  hardsigmoid: {
    alpha: 0.2,
    beta: 0.5,
    apply: ({ add }, x, alpha, beta) => add("HardSigmoid", [x], { alpha: float(alpha), beta: float(beta) }),
  },
  leakyrelu: withAlpha("LeakyRelu", 0.01),
  relu: plain("Relu"),
  scaledtanh: {
    alpha: 0,
    beta: 0,
    apply: (c, x, alpha, beta) => scaled(c, c.add("Tanh", [scaled(c, x, beta)]), alpha),
  },
  sigmoid: plain("Sigmoid"),
  softplus: plain("Softplus"),
  softsign: plain("Softsign"),
  tanh: plain("Tanh"),
  thresholdedrelu: withAlpha("ThresholdedRelu", 1),
};

/**
 * The activations of each direction of a recurrent node. Its parameters alpha and beta are lists for those activations that
 * have them, in order.
 * @returns undefined if one of them is unknown.
 */
export function activationsOf(
  node: Node,
  defaults: readonly string[],
  directions: number,
  context: ExpandContext,
): Activate[][] | undefined {
  const all = Array.from({ length: directions }, () => defaults).flat();
  const names = attribute(node, "activations", "strings", all).map((name) => name.toLowerCase());
  const found = names.map((name) => (Object.hasOwn(activations, name) ? activations[name] : undefined));
  const [alphas, betas] = ["activation_alpha", "activation_beta"].map((name) => [
    ...attribute(node, name, "floats", []),
  ]);
  if (names.length < all.length || found.includes(undefined)) return undefined;
  const bound = (found as Activation[]).map(({ alpha, beta, apply }): Activate => {
    const a = alpha === undefined ? 0 : (alphas?.shift() ?? alpha);
    const b = beta === undefined ? 0 : (betas?.shift() ?? beta);
    return (x) => apply(context, x, a, b);
  });
  return Array.from({ length: directions }, (_, d) => bound.slice(d * defaults.length, (d + 1) * defaults.length));
}
