import type { GraphBuilder } from "../../onnx/builder.js";
import { type Rule, type RuleContext, unbroadcast, withLimits } from "../rule.js";

/** A rule for z = f(x, y) with broadcasting: `dx` and `dy` return the gradients in the shape of z. */
const binary =
  (dx: (context: RuleContext) => string, dy: (context: RuleContext) => string): Rule =>
  (context) => {
    const { b, inputs, outputs, needsGrad, shape } = context;
    const back = (grad: string, input: string) => unbroadcast(b, grad, shape(outputs[0]), shape(input));
    return [needsGrad[0] ? back(dx(context), inputs[0]) : null, needsGrad[1] ? back(dy(context), inputs[1]) : null];
  };

/** z = x + y. */
export const Add = binary(
  ({ grads: [dz] }) => dz,
  ({ grads: [dz] }) => dz,
);

/** z = x - y. */
export const Sub = binary(
  ({ grads: [dz] }) => dz,
  ({ b, grads: [dz] }) => b.Neg(dz),
);

/** z = x·y. dx = dz·y, dy = dz·x. */
export const Mul = binary(
  ({ b, grads: [dz], inputs: [, y] }) => b.Mul(dz, y),
  ({ b, grads: [dz], inputs: [x] }) => b.Mul(dz, x),
);

/** z = x / y. dx = dz / y, dy = -dz·z / y. */
export const Div = binary(
  ({ b, grads: [dz], inputs: [, y] }) => b.Div(dz, y),
  ({ b, grads: [dz], inputs: [, y], outputs: [z] }) => b.Neg(b.Div(b.Mul(dz, z), y)),
);

/** z = x - q·y with q = x / y rounded to a whole number. dx = dz, dy = -dz·q. */
export const Mod = binary(
  ({ grads: [dz] }) => dz,
  ({ b, grads: [dz], inputs: [x, y], outputs: [z] }) => b.Neg(b.Mul(dz, b.add("Round", [b.Div(b.Sub(x, z), y)]))),
);

/** z = xʸ. dx = dz·y·xʸ⁻¹, dy = dz·z·ln x. The exponent may be a whole number. */
export const Pow = binary(
  ({ b, grads: [dz], inputs: [x, exponent] }) => {
    const y = b.add("CastLike", [exponent, x]);
    return b.Mul(b.Mul(dz, y), b.Pow(x, b.Sub(y, b.one)));
  },
  ({ b, grads: [dz], inputs: [x], outputs: [z] }) => b.Mul(b.Mul(dz, z), b.add("Log", [x])),
);

/** z = Σ xᵢ with broadcasting. */
export const Sum: Rule = ({ b, inputs, outputs: [z], grads: [dz], needsGrad, shape }) =>
  needsGrad.map((needed, i) => (needed ? unbroadcast(b, dz, shape(z), shape(inputs[i] ?? "")) : null));

/** z = Σ xᵢ / n over n operands, with broadcasting. */
export const Mean: Rule = ({ b, inputs, outputs: [z], grads: [dz], needsGrad, shape }) => {
  const share = b.Mul(dz, b.scalar(1 / needsGrad.length));
  return needsGrad.map((needed, i) => (needed ? unbroadcast(b, share, shape(z), shape(inputs[i] ?? "")) : null));
};

/** z = the largest (smallest) of the operands, with broadcasting. Those that equal z share dz equally. */
const extreme = withLimits(
  "equal operands share the gradient",
  ({ b, inputs, outputs: [z], grads: [dz], needsGrad, shape }) => {
    const winners = needsGrad.map((_, i) => b.Cast(b.Equal(inputs[i] ?? "", z), "float32"));
    const share = b.Div(dz, b.Sum(winners));
    return needsGrad.map((needed, i) =>
      needed ? unbroadcast(b, b.Mul(share, winners[i] as string), shape(z), shape(inputs[i] ?? "")) : null,
    );
  },
);
export const Max = extreme;
export const Min = extreme;

/** z = c ? x : y. The gradient goes to the operand that was selected. */
export const Where: Rule = ({ b, inputs: [c, x, y], outputs: [z], grads: [dz], needsGrad, shape }) => [
  null,
  needsGrad[1] ? unbroadcast(b, b.Where(c, dz, b.zero), shape(z), shape(x)) : null,
  needsGrad[2] ? unbroadcast(b, b.Where(c, b.zero, dz), shape(z), shape(y)) : null,
];

/** A rule for an elementwise y = f(x): the argument returns dx = dy·f′(x). */
const unary =
  (dx: (b: GraphBuilder, dy: string, x: string, y: string) => string): Rule =>
  ({ b, inputs: [x], outputs: [y], grads: [dy] }) => [dx(b, dy, x, y)];

/** y = x. */
export const Identity = unary((_, dy) => dy);
/** y = -x. */
export const Neg = unary((b, dy) => b.Neg(dy));
/** y = |x|. dx = dy·sign x. */
export const Abs = withLimits(
  "the gradient at 0 is 0",
  unary((b, dy, x) => b.Mul(dy, b.Sign(x))),
);
/** y = eˣ. dx = dy·y. */
export const Exp = unary((b, dy, _, y) => b.Mul(dy, y));
/** y = ln x. dx = dy / x. */
export const Log = unary((b, dy, x) => b.Div(dy, x));
/** y = √x. dx = dy / 2y. */
export const Sqrt = unary((b, dy, _, y) => b.Div(dy, b.Mul(b.scalar(2), y)));
/** y = 1 / x. dx = -dy·y². */
export const Reciprocal = unary((b, dy, _, y) => b.Neg(b.Mul(dy, b.Mul(y, y))));
/** y = tanh x. dx = dy·(1 - y²). */
export const Tanh = unary((b, dy, _, y) => b.Mul(dy, b.Sub(b.one, b.Mul(y, y))));
/** y = 1 / (1 + e⁻ˣ). dx = dy·y·(1 - y). */
export const Sigmoid = unary((b, dy, _, y) => b.Mul(dy, b.Mul(y, b.Sub(b.one, y))));

/** y = (2/√π) ∫₀ˣ e^(-t²) dt. dx = dy·(2/√π)·e^(-x²). */
export const Erf = unary((b, dy, x) => b.Mul(dy, b.Mul(b.scalar(2 / Math.sqrt(Math.PI)), b.Exp(b.Neg(b.Mul(x, x))))));
/** y = sin x. dx = dy·cos x. */
export const Sin = unary((b, dy, x) => b.Mul(dy, b.add("Cos", [x])));
/** y = cos x. dx = -dy·sin x. */
export const Cos = unary((b, dy, x) => b.Neg(b.Mul(dy, b.add("Sin", [x]))));
/** y = tan x. dx = dy·(1 + y²). */
export const Tan = unary((b, dy, _, y) => b.Mul(dy, b.Add(b.one, b.Mul(y, y))));
/** y = arcsin x. dx = dy / √(1 - x²). */
export const Asin = unary((b, dy, x) => b.Div(dy, b.Sqrt(b.Sub(b.one, b.Mul(x, x)))));
/** y = arccos x. dx = -dy / √(1 - x²). */
export const Acos = unary((b, dy, x) => b.Neg(b.Div(dy, b.Sqrt(b.Sub(b.one, b.Mul(x, x))))));
/** y = arctan x. dx = dy / (1 + x²). */
export const Atan = unary((b, dy, x) => b.Div(dy, b.Add(b.one, b.Mul(x, x))));
/** y = sinh x. dx = dy·cosh x. */
export const Sinh = unary((b, dy, x) => b.Mul(dy, b.add("Cosh", [x])));
/** y = cosh x. dx = dy·sinh x. */
export const Cosh = unary((b, dy, x) => b.Mul(dy, b.add("Sinh", [x])));
/** y = arsinh x. dx = dy / √(x² + 1). */
export const Asinh = unary((b, dy, x) => b.Div(dy, b.Sqrt(b.Add(b.Mul(x, x), b.one))));
/** y = arcosh x. dx = dy / √(x² - 1). */
export const Acosh = unary((b, dy, x) => b.Div(dy, b.Sqrt(b.Sub(b.Mul(x, x), b.one))));
/** y = artanh x. dx = dy / (1 - x²). */
export const Atanh = unary((b, dy, x) => b.Div(dy, b.Sub(b.one, b.Mul(x, x))));
