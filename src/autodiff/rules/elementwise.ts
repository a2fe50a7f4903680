import type { GraphBuilder } from "../../graph/builder.js";
import { type Rule, type RuleContext, unbroadcast } from "../rule.js";

/** A rule for z = f(x, y) with broadcasting, from d loss / d x and d loss / d y before broadcasting is undone. */
const binary =
  (dx: (context: RuleContext) => string, dy: (context: RuleContext) => string): Rule =>
  (context) => {
    const { b, inputs, outputs, wants, shape } = context;
    const back = (grad: string, input: string) => unbroadcast(b, grad, shape(outputs[0]), shape(input));
    return [wants[0] ? back(dx(context), inputs[0]) : null, wants[1] ? back(dy(context), inputs[1]) : null];
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

/** z = xʸ. dx = dz·y·xʸ⁻¹, dy = dz·z·ln x. The exponent may be a whole number. */
export const Pow = binary(
  ({ b, grads: [dz], inputs: [x, exponent] }) => {
    const y = b.add("CastLike", [exponent, x]);
    return b.Mul(b.Mul(dz, y), b.Pow(x, b.Sub(y, b.one)));
  },
  ({ b, grads: [dz], inputs: [x], outputs: [z] }) => b.Mul(b.Mul(dz, z), b.add("Log", [x])),
);

/** z = Σ xᵢ with broadcasting. */
export const Sum: Rule = ({ b, inputs, outputs: [z], grads: [dz], wants, shape }) =>
  wants.map((wanted, i) => (wanted ? unbroadcast(b, dz, shape(z), shape(inputs[i] ?? "")) : null));

/** y = c ? a : b. The gradient goes to the side that was taken. */
export const Where: Rule = ({ b, inputs: [c, x, y], outputs: [z], grads: [dz], wants, shape }) => [
  null,
  wants[1] ? unbroadcast(b, b.Where(c, dz, b.zero), shape(z), shape(x)) : null,
  wants[2] ? unbroadcast(b, b.Where(c, b.zero, dz), shape(z), shape(y)) : null,
];

/** A rule for y = f(x) element by element: dx = dy·f′(x), given f′ or the product. */
const unary =
  (dx: (b: GraphBuilder, dy: string, x: string, y: string) => string): Rule =>
  ({ b, inputs: [x], outputs: [y], grads: [dy] }) => [dx(b, dy, x, y)];

/** y = x. */
export const Identity = unary((_, dy) => dy);
/** y = -x. */
export const Neg = unary((b, dy) => b.Neg(dy));
/** y = |x|; at 0 the gradient is 0. */
export const Abs = unary((b, dy, x) => b.Mul(dy, b.Sign(x)));
/** y = eˣ. */
export const Exp = unary((b, dy, _, y) => b.Mul(dy, y));
/** y = ln x. */
export const Log = unary((b, dy, x) => b.Div(dy, x));
/** y = √x. dx = dy / 2y. */
export const Sqrt = unary((b, dy, _, y) => b.Div(dy, b.Mul(b.scalar(2), y)));
/** y = 1 / x. dx = -dy·y². */
export const Reciprocal = unary((b, dy, _, y) => b.Neg(b.Mul(dy, b.Mul(y, y))));
/** y = tanh x. dx = dy·(1 - y²). */
export const Tanh = unary((b, dy, _, y) => b.Mul(dy, b.Sub(b.one, b.Mul(y, y))));
/** y = 1 / (1 + e⁻ˣ). dx = dy·y·(1 - y). */
export const Sigmoid = unary((b, dy, _, y) => b.Mul(dy, b.Mul(y, b.Sub(b.one, y))));
