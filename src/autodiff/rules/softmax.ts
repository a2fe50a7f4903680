import { intOf, type Rule } from "../rule.js";

/** y = softmax(x) along an axis. dx = y·(dy - Σ dy·y). */
export const Softmax: Rule = ({ b, node, outputs: [y], grads: [dy] }) => {
  const axis = intOf(node, "axis", -1);
  return [b.Mul(y, b.Sub(dy, b.ReduceSum(b.Mul(dy, y), [axis])))];
};

/** y = ln softmax(x) along an axis. dx = dy - eʸ·Σ dy. */
export const LogSoftmax: Rule = ({ b, node, outputs: [y], grads: [dy] }) => {
  const axis = intOf(node, "axis", -1);
  return [b.Sub(dy, b.Mul(b.Exp(y), b.ReduceSum(dy, [axis])))];
};
