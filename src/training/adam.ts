import type { GraphBuilder } from "../onnx/builder.js";

/** Decay rate of the first moment (default of Kingma & Ba 2015 and of PyTorch, as all constants here). */
export const BETA1 = 0.9;
/** Decay rate of the second moment. */
export const BETA2 = 0.999;
/** Added to the denominator for numerical stability. */
export const EPSILON = 1e-8;

/** Names of the scalar inputs that change at each step. */
export const RATE = "adam.rate";
export const CORRECTION = "adam.correction";

/** Names of the inputs that hold the moments of a parameter. */
export const momentsOf = (parameter: string) => ({ first: `adam.m/${parameter}`, second: `adam.v/${parameter}` });

/** The scalars of step t = 1, 2, …: lr / (1 - β₁ᵗ) and 1 / (1 - β₂ᵗ), the bias corrections of the moments. */
export const adamScalars = (rate: number, t: number) => ({
  [RATE]: rate / (1 - BETA1 ** t),
  [CORRECTION]: 1 / (1 - BETA2 ** t),
});

/**
 * Adds one step of Adam (Kingma & Ba 2015) for a parameter: m ← β₁m + (1 - β₁)g, v ← β₂v + (1 - β₂)g²,
 * p ← p - lr·m̂ / (√v̂ + ε). The graph must already contain the inputs `adam.rate`, `adam.correction` and the two moments.
 * @returns the names of the updated parameter and moments.
 */
export function adam(b: GraphBuilder, parameter: string, gradient: string) {
  const { first, second } = momentsOf(parameter);
  const blend = (old: string, value: string, beta: number) =>
    b.Add(b.Mul(old, b.scalar(beta)), b.Mul(value, b.scalar(1 - beta)));
  const m = blend(first, gradient, BETA1);
  const v = blend(second, b.Mul(gradient, gradient), BETA2);
  const step = b.Div(b.Mul(m, RATE), b.Add(b.Sqrt(b.Mul(v, CORRECTION)), b.scalar(EPSILON)));
  return { parameter: b.Sub(parameter, step), first: m, second: v };
}
