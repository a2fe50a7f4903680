import { floatOf, type Rule, type RuleContext, stringOf, unbroadcast, withLimits } from "../rule.js";

/** y = max(x, 0). dx = dy where y > 0; at 0 the gradient is 0, as in PyTorch. */
export const Relu: Rule = ({ b, outputs: [y], grads: [dy] }) => [b.masked(dy, b.Greater(y, b.zero))];

/** y = x where x ≥ 0, else αx. dx = dy·(α + (1 - α)·m), m = 1 where x > 0, else 0. */
export const LeakyRelu: Rule = ({ b, node, inputs: [x], grads: [dy] }) => {
  const alpha = floatOf(node, "alpha", 0.01);
  const mask = b.Cast(b.Greater(x, b.zero), "float32");
  return [b.Mul(dy, b.Add(b.Mul(mask, b.scalar(1 - alpha)), b.scalar(alpha)))];
};

/**
 * y = x where x ≥ 0, else s·x with a learned slope s. With m = 1 where x > 0, else 0: dx = dy·(s + (1 - s)·m), which the
 * runtime computes faster than Where; ds = Σ dy·min(x, 0).
 */
export const PRelu: Rule = ({ b, inputs: [x, slope], grads: [dy], needsGrad, shape }) => {
  const derivative = () => {
    const mask = b.Cast(b.Greater(x, b.zero), "float32");
    return b.Add(slope, b.Mul(b.Sub(b.one, slope), mask));
  };
  return [
    needsGrad[0] ? b.Mul(dy, derivative()) : null,
    needsGrad[1] ? unbroadcast(b, b.Mul(dy, b.add("Min", [x, b.zero])), shape(x), shape(slope)) : null,
  ];
};

/** y = min(max(x, low), high). dx = dy where low ≤ x ≤ high, as in PyTorch. */
export const Clip = withLimits("no gradient to the bounds", ({ b, inputs: [x, low, high], grads: [dy] }) => {
  const above = low ? b.masked(dy, b.GreaterOrEqual(x, low)) : dy;
  return [high ? b.masked(above, b.LessOrEqual(x, high)) : above];
});

/** y = max(0, min(1, αx + β)). dx = α·dy where 0 < y < 1. */
export const HardSigmoid: Rule = ({ b, node, outputs: [y], grads: [dy] }) => {
  const inside = b.And(b.Greater(y, b.zero), b.Less(y, b.one));
  return [b.masked(b.Mul(dy, b.scalar(floatOf(node, "alpha", 0.2))), inside)];
};

/** y = x·max(0, min(1, x/6 + 1/2)). dx = dy·(x/3 + 1/2) where |x| < 3, dy above, 0 below. */
export const HardSwish: Rule = ({ b, inputs: [x], grads: [dy] }) => {
  const middle = b.Mul(dy, b.Add(b.Mul(x, b.scalar(1 / 3)), b.scalar(0.5)));
  const rising = b.Where(b.Greater(x, b.scalar(-3)), middle, b.zero);
  return [b.Where(b.GreaterOrEqual(x, b.scalar(3)), dy, rising)];
};

/** y = slope·x where x > 0, else a shifted exponential: dx = dy·slope where x > 0, else dy·(y + offset). */
const exponentialBelow = (context: RuleContext, slope: number, offset: number): (string | null)[] => {
  const { b, inputs, outputs, grads } = context;
  const below = b.Mul(grads[0], b.Add(outputs[0], b.scalar(offset)));
  return [b.Where(b.Greater(inputs[0], b.zero), b.Mul(grads[0], b.scalar(slope)), below)];
};

/** y = x where x > 0, else α(eˣ - 1). dx = dy where x > 0, else dy·(y + α). */
export const Elu: Rule = (context) => exponentialBelow(context, 1, floatOf(context.node, "alpha", 1));

/** y = γx where x > 0, else γα(eˣ - 1). dx = γ·dy where x > 0, else dy·(y + γα). */
export const Selu: Rule = (context) => {
  const alpha = floatOf(context.node, "alpha", 1.6732631921768188);
  const gamma = floatOf(context.node, "gamma", 1.0507010221481323);
  return exponentialBelow(context, gamma, gamma * alpha);
};

/** y = x where x > 0, else α(e^(x/α) - 1). dx = dy where x > 0, else dy·(y / α + 1). */
export const Celu: Rule = ({ b, node, inputs: [x], outputs: [y], grads: [dy] }) => {
  const below = b.Mul(dy, b.Add(b.Div(y, b.scalar(floatOf(node, "alpha", 1))), b.one));
  return [b.Where(b.Greater(x, b.zero), dy, below)];
};

/** y = x where x > α, else 0. dx = dy where x > α, else 0. */
export const ThresholdedRelu: Rule = ({ b, node, inputs: [x], grads: [dy] }) => [
  b.masked(dy, b.Greater(x, b.scalar(floatOf(node, "alpha", 1)))),
];

/** y = x + bias where x < -λ, x - bias where x > λ, else 0. dx = dy where |x| > λ, else 0. */
export const Shrink: Rule = ({ b, node, inputs: [x], grads: [dy] }) => [
  b.masked(dy, b.Greater(b.Abs(x), b.scalar(floatOf(node, "lambd", 0.5)))),
];

/** y = ln(1 + eˣ). dx = dy·σ(x). */
export const Softplus: Rule = ({ b, inputs: [x], grads: [dy] }) => [b.Mul(dy, b.Sigmoid(x))];

/** y = x / (1 + |x|). dx = dy / (1 + |x|)². */
export const Softsign: Rule = ({ b, inputs: [x], grads: [dy] }) => {
  const d = b.Add(b.one, b.Abs(x));
  return [b.Div(dy, b.Mul(d, d))];
};

/** y = x·tanh(s) with s = ln(1 + eˣ). dx = dy·(tanh s + x·(1 - tanh² s)·σ(x)). */
export const Mish: Rule = ({ b, inputs: [x], grads: [dy] }) => {
  const t = b.Tanh(b.add("Softplus", [x]));
  const inner = b.Mul(b.Mul(x, b.Sub(b.one, b.Mul(t, t))), b.Sigmoid(x));
  return [b.Mul(dy, b.Add(t, inner))];
};

/** y = x·σ(αx). dx = dy·(σ + αx·σ·(1 - σ)). */
export const Swish: Rule = ({ b, node, inputs: [x], grads: [dy] }) => {
  const scaled = b.Mul(x, b.scalar(floatOf(node, "alpha", 1)));
  const gate = b.Sigmoid(scaled);
  return [b.Mul(dy, b.Mul(gate, b.Add(b.one, b.Mul(scaled, b.Sub(b.one, gate)))))];
};

/**
 * y = x·Φ(x), Φ the normal distribution: dx = dy·(Φ(x) + x·e^(-x²/2) / √(2π)).
 * With approximate = "tanh": y = x/2·(1 + tanh u), u = √(2/π)·(x + 0.044715x³):
 * dx = dy·((1 + tanh u)/2 + x/2·(1 - tanh² u)·√(2/π)·(1 + 0.134145x²)).
 */
export const Gelu: Rule = ({ b, node, inputs: [x], grads: [dy] }) => {
  const half = b.scalar(0.5);
  const square = b.Mul(x, x);
  if (stringOf(node, "approximate", "none") !== "tanh") {
    const normal = b.Mul(half, b.Add(b.one, b.add("Erf", [b.Mul(x, b.scalar(Math.SQRT1_2))])));
    const density = b.Mul(b.scalar(1 / Math.sqrt(2 * Math.PI)), b.Exp(b.Mul(square, b.scalar(-0.5))));
    return [b.Mul(dy, b.Add(normal, b.Mul(x, density)))];
  }
  const c = b.scalar(Math.sqrt(2 / Math.PI));
  const t = b.Tanh(b.Mul(c, b.Mul(x, b.Add(b.one, b.Mul(square, b.scalar(0.044715))))));
  const steep = b.Mul(b.Mul(b.Sub(b.one, b.Mul(t, t)), c), b.Add(b.one, b.Mul(square, b.scalar(0.134145))));
  return [b.Mul(dy, b.Mul(half, b.Add(b.Add(b.one, t), b.Mul(x, steep))))];
};
