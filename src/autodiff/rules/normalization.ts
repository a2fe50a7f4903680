import type { GraphBuilder } from "../../onnx/builder.js";
import { float32, sizeOf } from "../../onnx/tensor.js";
import {
  alongAxis,
  axisOf,
  floatOf,
  intOf,
  intsOf,
  type Rule,
  type RuleContext,
  range,
  unbroadcast,
  withLimits,
  withoutZeros,
} from "../rule.js";

/** [C] as [1, C, 1, …], to broadcast against [N, C, …]. */
const alongChannels = ({ b, inputs, shape }: RuleContext, value: string) =>
  b.Reshape(value, [
    1,
    -1,
    ...shape(inputs[0])
      .slice(2)
      .map(() => 1),
  ]);

/** The axes of [N, C, …] except for the channels. */
const allButChannels = ({ inputs, shape }: RuleContext) => range(shape(inputs[0]).length).filter((axis) => axis !== 1);

/**
 * y = scale·x̂ + shift with x̂ = c·r, c = x - mean, r = 1/√(variance + ε).
 *
 * dscale = r·Σ dy·c, dshift = Σ dy.
 * Inference: mean and variance are inputs.
 *   dx = dy·scale·r, dmean = -scale·r·Σ dy, dvariance = -½·scale·r³·Σ dy·c.
 * Training: mean and variance are those of the batch (Ioffe & Szegedy 2015, sec. 3).
 *   dx = scale·r·(dy - mean(dy) - c·r²·mean(dy·c)).
 */
export const BatchNormalization = withLimits("no gradient from the new running statistics", (context) => {
  const { b, node, inputs, grads, reached, needsGrad, shape, refuse } = context;
  const [x, scale, , mean, variance] = inputs;
  const training = intOf(node, "training_mode", 0) === 1;
  if (reached.slice(1).includes(true)) throw refuse("passes its new running statistics on to the loss");
  const axes = allButChannels(context);
  const wide = (value: string) => alongChannels(context, value);
  const flat = (value: string) => b.Reshape(value, [-1]);
  const c = b.Sub(x, training ? b.ReduceMean(x, axes) : wide(mean));
  const spread = training ? b.ReduceMean(b.Mul(c, c), axes) : wide(variance);
  const r = b.Div(b.one, b.Sqrt(b.Add(spread, b.scalar(floatOf(node, "epsilon", 1e-5)))));
  const [gain, square] = [b.Mul(wide(scale), r), b.Mul(r, r)];
  const dy = grads[0];
  const sum = b.ReduceSum(dy, axes);
  const along = b.ReduceSum(b.Mul(dy, c), axes);
  const inner = () => {
    const share = b.scalar(1 / axes.reduce((count, axis) => count * (shape(x)[axis] ?? 1), 1));
    return b.Sub(b.Sub(dy, b.Mul(c, b.Mul(b.Mul(along, square), share))), b.Mul(sum, share));
  };
  return [
    needsGrad[0] ? b.Mul(gain, training ? inner() : dy) : null,
    needsGrad[1] ? flat(b.Mul(along, r)) : null,
    needsGrad[2] ? flat(sum) : null,
    needsGrad[3] && !training ? flat(b.Neg(b.Mul(gain, sum))) : null,
    needsGrad[4] && !training ? flat(b.Mul(b.scalar(-0.5), b.Mul(b.Mul(gain, square), along))) : null,
  ];
});

/** x̂ = (x - mean)·r with the mean and variance of x over some axes, r = 1/√(variance + ε). */
function normalized(b: GraphBuilder, x: string, axes: readonly number[], epsilon: number) {
  const centered = b.Sub(x, b.ReduceMean(x, axes));
  const spread = b.Add(b.ReduceMean(b.Mul(centered, centered), axes), b.scalar(epsilon));
  const r = b.Div(b.one, b.Sqrt(spread));
  return { normal: b.Mul(centered, r), r };
}

/** d loss / d x from g = d loss / d x̂: r·(g - mean(g) - x̂·mean(g·x̂)). */
function throughNormalized(b: GraphBuilder, g: string, normal: string, r: string, axes: readonly number[]): string {
  const along = b.Mul(normal, b.ReduceMean(b.Mul(g, normal), axes));
  return b.Mul(r, b.Sub(b.Sub(g, b.ReduceMean(g, axes)), along));
}

/** y = scale·x̂ + shift, x̂ normalized over the positions of each image and channel (Ulyanov et al. 2016). */
export const InstanceNormalization: Rule = (context) => {
  const { b, node, inputs, grads, needsGrad, shape } = context;
  const positions = range(shape(inputs[0]).length).slice(2);
  const { normal, r } = normalized(b, inputs[0], positions, floatOf(node, "epsilon", 1e-5));
  const g = b.Mul(grads[0], alongChannels(context, inputs[1]));
  return [
    needsGrad[0] ? throughNormalized(b, g, normal, r, positions) : null,
    needsGrad[1] ? b.ReduceSum(b.Mul(grads[0], normal), allButChannels(context), false) : null,
    needsGrad[2] ? b.ReduceSum(grads[0], allButChannels(context), false) : null,
  ];
};

/** y = scale·x̂ + shift, x̂ normalized over the positions of each image and group of channels (Wu & He 2018). */
export const GroupNormalization: Rule = (context) => {
  const { b, node, inputs, grads, needsGrad, shape } = context;
  const x = shape(inputs[0]);
  const grouped = [x[0] ?? 1, intOf(node, "num_groups", 1), -1];
  const { normal, r } = normalized(b, b.Reshape(inputs[0], grouped), [2], floatOf(node, "epsilon", 1e-5));
  const g = b.Reshape(b.Mul(grads[0], alongChannels(context, inputs[1])), grouped);
  return [
    needsGrad[0] ? b.Reshape(throughNormalized(b, g, normal, r, [2]), x) : null,
    needsGrad[1] ? b.ReduceSum(b.Mul(grads[0], b.Reshape(normal, x)), allButChannels(context), false) : null,
    needsGrad[2] ? b.ReduceSum(grads[0], allButChannels(context), false) : null,
  ];
};

/** The last axes of x, from the node's `axis` on. */
const lastAxes = ({ node, inputs, shape }: RuleContext) => {
  const rank = shape(inputs[0]).length;
  return range(rank).slice(axisOf(intOf(node, "axis", -1), rank));
};

/**
 * y = scale·x̂ + shift, x̂ normalized over the last axes (Ba et al. 2016). The other outputs are the mean m and r, the inverse
 * of the deviation. With n elements in the last axes, m adds dm / n to dx, and r adds -dr·r²·x̂ / n.
 */
export const LayerNormalization: Rule = (context) => {
  const { b, node, inputs, outputs, grads, reached, needsGrad, shape } = context;
  const axes = lastAxes(context);
  const { normal, r } = normalized(b, inputs[0], axes, floatOf(node, "epsilon", 1e-5));
  const back = (grad: string, input: string) => unbroadcast(b, grad, shape(outputs[0]), shape(input));
  const dx = () => {
    const share = () => b.scalar(1 / sizeOf(axes.map((axis) => shape(inputs[0])[axis] ?? 1)));
    const terms = [throughNormalized(b, b.Mul(grads[0], inputs[1]), normal, r, axes)];
    if (reached[1]) terms.push(b.Mul(grads[1], share()));
    if (reached[2]) terms.push(b.Neg(b.Mul(b.Mul(grads[2], b.Mul(b.Mul(r, r), share())), normal)));
    return b.Sum(terms);
  };
  return [
    needsGrad[0] ? dx() : null,
    needsGrad[1] ? back(b.Mul(grads[0], normal), inputs[1]) : null,
    needsGrad[2] ? back(grads[0], inputs[2]) : null,
  ];
};

/** y = scale·x̂ with x̂ = x·r, r = 1/√(mean(x²) + ε) (Zhang & Sennrich 2019). dx = r·(g - x̂·mean(g·x̂)), g = dy·scale. */
export const RMSNormalization: Rule = (context) => {
  const { b, node, inputs, outputs, grads, needsGrad, shape } = context;
  const axes = lastAxes(context);
  const square = b.ReduceMean(b.Mul(inputs[0], inputs[0]), axes);
  const r = b.Div(b.one, b.Sqrt(b.Add(square, b.scalar(floatOf(node, "epsilon", 1e-5)))));
  const normal = b.Mul(inputs[0], r);
  const g = b.Mul(grads[0], inputs[1]);
  return [
    needsGrad[0] ? b.Mul(r, b.Sub(g, b.Mul(normal, b.ReduceMean(b.Mul(g, normal), axes)))) : null,
    needsGrad[1] ? unbroadcast(b, b.Mul(grads[0], normal), shape(outputs[0]), shape(inputs[1])) : null,
  ];
};

/** y = (x - mean) / deviation over the axes [0, 2, 3], or those of the node. The runtime adds 1e-9 to the deviation. */
export const MeanVarianceNormalization: Rule = ({ b, node, inputs: [x], grads: [dy] }) => {
  const axes = intsOf(node, "axes", [0, 2, 3]);
  const { normal, r } = normalized(b, x, axes, 0);
  return [throughNormalized(b, dy, normal, r, axes)];
};

/** y = x / ‖x‖ₚ along an axis, p = 1 or 2. dx = (dy - ‖x‖ₚ′·Σ dy·y) / ‖x‖ₚ with ‖x‖₁′ = sign x and ‖x‖₂′ = y. */
export const LpNormalization = withLimits("p = 1 or 2", ({ b, node, inputs: [x], outputs: [y], grads: [dy] }) => {
  const axes = [intOf(node, "axis", -1)];
  const first = intOf(node, "p", 2) === 1;
  const norm = first ? b.ReduceSum(b.Abs(x), axes) : b.Sqrt(b.ReduceSum(b.Mul(x, x), axes));
  const slope = first ? b.Sign(x) : y;
  const numerator = b.Sub(dy, b.Mul(slope, b.ReduceSum(b.Mul(dy, y), axes)));
  return [b.masked(b.Div(numerator, withoutZeros(b, norm)), b.Greater(norm, b.zero))];
});

/**
 * y = x·s^-β, s = bias + α/n·Σ x² over n neighboring channels (Krizhevsky et al. 2012, sec. 3.3).
 * dx = dy·s^-β - 2αβ/n·x·Σ dy·x·s^(-β-1), summed over the channels whose neighborhood contains this one.
 */
export const LRN: Rule = (context) => {
  const { b, node, inputs, grads, shape } = context;
  const [x, dy] = [inputs[0], grads[0]];
  const [alpha, beta] = [floatOf(node, "alpha", 1e-4), floatOf(node, "beta", 0.75)];
  const size = intOf(node, "size", 1);
  const channels = shape(x)[1] ?? 1;
  const before = Math.floor((size - 1) / 2);
  // neighbors[from, to] = 1 where the channel `from` is in the neighborhood of `to`.
  const inReach = (from: number, to: number) => from >= to - before && from < to - before + size;
  const matrix = (meets: (row: number, column: number) => boolean) =>
    b.constant(
      float32(
        range(channels ** 2).map((i) => Number(meets(Math.floor(i / channels), i % channels))),
        [channels, channels],
      ),
    );
  const sum = alongAxis(context, b.Mul(x, x), 1, matrix(inReach));
  const s = b.Add(b.scalar(floatOf(node, "bias", 1)), b.Mul(b.scalar(alpha / size), sum));
  const direct = b.Mul(dy, b.Pow(s, b.scalar(-beta)));
  const spread = alongAxis(
    context,
    b.Div(b.Mul(direct, x), s),
    1,
    matrix((from, to) => inReach(to, from)),
  );
  return [b.Sub(direct, b.Mul(b.Mul(x, b.scalar((2 * alpha * beta) / size)), spread))];
};

/** In inference y = x, so dx = dy. */
export const Dropout = withLimits(
  "inference mode only",
  ({ inputs: [, , training], grads: [dy], constant, refuse }) => {
    if (training && Number(constant(training).data[0]) !== 0)
      throw refuse("is in training mode; export the model for inference");
    return [dy];
  },
);
