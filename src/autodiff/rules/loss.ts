import { attribute } from "../../onnx/graph.js";
import { int64 } from "../../onnx/tensor.js";
import { type Rule, type RuleContext, range, stringOf } from "../rule.js";

/**
 * The one-hot labels `chosen` [N, classes, …positions] and the weight [N, 1, …positions] of each position's -ln p[label] in
 * the loss: the weight of its class (0 for the ignored label), divided by the sum of the weights if the loss is a mean,
 * times dy.
 */
function labelsOf({ b, node, inputs, grads, shape }: RuleContext) {
  const [n, classes, ...positions] = shape(inputs[0]) as [number, number, ...number[]];
  const ones = positions.map(() => 1);
  const index = b.constant(int64(range(classes), [1, classes, ...ones]));
  const labels = b.Cast(b.Reshape(inputs[1], [n, 1, ...positions]), "int64");
  const chosen = b.Cast(b.Equal(index, labels), "float32");
  const classWeight = inputs[2] ? b.Reshape(inputs[2], [1, classes, ...ones]) : b.one;
  const ignored = node.attributes.ignore_index;
  const counted = b.ReduceSum(b.Mul(chosen, classWeight), [1]);
  const weight = ignored
    ? b.masked(counted, b.Not(b.Equal(labels, b.integers([attribute(node, "ignore_index", "int", 0)]))))
    : counted;
  const reduction = stringOf(node, "reduction", "mean");
  if (reduction === "none") return { chosen, weight: b.Mul(weight, b.Reshape(grads[0], [n, 1, ...positions])) };
  const total = reduction === "mean" ? b.Div(weight, b.ReduceSum(weight)) : weight;
  return { chosen, weight: b.Mul(total, grads[0]) };
}

/** y = the mean (sum, or each) of -w[label]·x[label], with x = ln p. dx = -w·dy at the label, 0 elsewhere. */
export const NegativeLogLikelihoodLoss: Rule = (context) => {
  const { chosen, weight } = labelsOf(context);
  return [context.b.Neg(context.b.Mul(chosen, weight))];
};

/** y = the mean (sum, or each) of -w[label]·ln softmax(x)[label]. dx = (softmax(x) - onehot)·w·dy. */
export const SoftmaxCrossEntropyLoss: Rule = (context) => {
  const { b, inputs, outputs, grads } = context;
  const { chosen, weight } = labelsOf(context);
  const p = b.Softmax(inputs[0], 1);
  const dx = b.Mul(b.Sub(p, chosen), weight);
  // The second output, which is optional, is ln p.
  return [outputs[1] ? b.Add(dx, b.Sub(grads[1], b.Mul(p, b.ReduceSum(grads[1], [1])))) : dx];
};
