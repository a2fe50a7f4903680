import { UserError } from "../../errors.js";
import { titleOf } from "../../graph/graph.js";
import { floatOf, intOf, type Rule, type RuleContext, range } from "../rule.js";

/** [C] as [1, C, 1, …], to meet [N, C, …]. */
const alongChannels = ({ b, inputs, shape }: RuleContext, value: string) =>
  b.Reshape(value, [
    1,
    -1,
    ...shape(inputs[0])
      .slice(2)
      .map(() => 1),
  ]);

/** The axes of [N, C, …] without the channels. */
const allButChannels = ({ inputs, shape }: RuleContext) => range(shape(inputs[0]).length).filter((axis) => axis !== 1);

/**
 * y = scale·x̂ + shift with x̂ = (x - mean)·r, r = 1/√(variance + ε).
 *
 * Inference: mean and variance are constants of the layer.
 *   dx = dy·scale·r, dscale = Σ dy·x̂, dshift = Σ dy, dmean = -scale·r·Σ dy, dvariance = -½·scale·r²·Σ dy·x̂.
 * Training: they are those of the batch (Ioffe & Szegedy 2015, sec. 3).
 *   dx = scale·r·(dy - mean(dy) - x̂·mean(dy·x̂)).
 */
export const BatchNormalization: Rule = (context) => {
  const { b, node, inputs, grads, wants } = context;
  const [x, scale, , mean, variance] = inputs;
  const training = intOf(node, "training_mode", 0) === 1;
  const axes = allButChannels(context);
  const wide = (value: string) => alongChannels(context, value);
  const centered = b.Sub(x, training ? b.ReduceMean(x, axes) : wide(mean));
  const spread = training ? b.ReduceMean(b.Mul(centered, centered), axes) : wide(variance);
  const r = b.Div(b.one, b.Sqrt(b.Add(spread, b.scalar(floatOf(node, "epsilon", 1e-5)))));
  const normal = b.Mul(centered, r);
  const sum = (value: string) => b.ReduceSum(value, axes, false);
  const gain = b.Mul(wide(scale), r);
  const flat = (value: string) => b.Reshape(value, [-1]);
  const dy = grads[0];
  const inner = () => b.Sub(b.Sub(dy, b.ReduceMean(dy, axes)), b.Mul(normal, b.ReduceMean(b.Mul(dy, normal), axes)));
  return [
    wants[0] ? b.Mul(gain, training ? inner() : dy) : null,
    wants[1] ? sum(b.Mul(dy, normal)) : null,
    wants[2] ? sum(dy) : null,
    wants[3] && !training ? b.Neg(b.Mul(flat(gain), sum(dy))) : null,
    wants[4] && !training ? b.Mul(b.scalar(-0.5), b.Mul(flat(b.Mul(gain, r)), sum(b.Mul(dy, normal)))) : null,
  ];
};

/** In inference y = x, and so are the gradients. */
export const Dropout: Rule = ({ node, inputs: [, , training], grads: [dy], constant }) => {
  if (training && Number(constant(training).data[0]) !== 0)
    throw new UserError(`Dropout "${titleOf(node)}" is in training mode; export the model for inference`);
  return [dy];
};
