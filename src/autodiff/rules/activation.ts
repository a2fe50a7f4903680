import { floatOf, type Rule, unbroadcast } from "../rule.js";

/** y = max(x, 0). dx = dy where y > 0; at 0 the gradient is 0, as in PyTorch. */
export const Relu: Rule = ({ b, outputs: [y], grads: [dy] }) => [b.masked(dy, b.Greater(y, b.zero))];

/** y = x where x ≥ 0, else αx. */
export const LeakyRelu: Rule = ({ b, node, inputs: [x], grads: [dy] }) => [
  b.Where(b.Greater(x, b.zero), dy, b.Mul(dy, b.scalar(floatOf(node, "alpha", 0.01)))),
];

/** y = x where x ≥ 0, else s·x with a learned slope. ds = Σ dy·x over the places where x < 0. */
export const PRelu: Rule = ({ b, inputs: [x, slope], grads: [dy], wants, shape }) => {
  const positive = b.Greater(x, b.zero);
  return [
    wants[0] ? b.Where(positive, dy, b.Mul(dy, slope)) : null,
    wants[1] ? unbroadcast(b, b.Mul(dy, b.add("Min", [x, b.zero])), shape(x), shape(slope)) : null,
  ];
};

/** y = min(max(x, low), high). dx = dy strictly between the bounds and on them, as in PyTorch. */
export const Clip: Rule = ({ b, inputs: [x, low, high], grads: [dy] }) => {
  const above = low ? b.masked(dy, b.GreaterOrEqual(x, low)) : dy;
  return [high ? b.masked(above, b.LessOrEqual(x, high)) : above];
};

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
