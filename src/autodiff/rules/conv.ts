import { intOf, intsOf, type Rule, type RuleContext, range, stringOf } from "../rule.js";
import { weightGradient } from "./weight-gradient.js";
import { type Window, windowOf } from "./window.js";

/**
 * y[n, m, p] = bias[m] + Σ over c, k of w[m, c, k]·x[n, c, p·stride + k·dilation - pad]
 *
 * dx: the transposed convolution of dy.
 * dw[m, c, k] = Σ over n, p of dy[n, m, p]·x[n, c, p·stride + k·dilation - pad] (`weightGradient`).
 * dbias: dy summed over images and positions.
 */
export const Conv: Rule = (context) => {
  const { b, node, inputs, grads, needsGrad, shape } = context;
  const weight = shape(inputs[1]);
  const window = windowOf(context, weight.slice(2));
  const group = intOf(node, "group", 1);
  return [
    needsGrad[0] ? inputGradient(context, window, group) : null,
    needsGrad[1] ? weightGradient(context, inputs[0], grads[0], window, group) : null,
    needsGrad[2] ? b.ReduceSum(grads[0], [0, ...range(weight.length - 2).map((axis) => axis + 2)], false) : null,
  ];
};

function inputGradient(context: RuleContext, window: Window, group: number): string {
  const reach = window.kernel.map((k, axis) => (k - 1) * (window.dilations[axis] ?? 1));
  const begin = reach.map((r, axis) => r - (window.begin[axis] ?? 0));
  const end = reach.map((r, axis) => r - (window.end[axis] ?? 0));
  const plain = window.strides.every((stride) => stride === 1) && [...begin, ...end].every((pad) => pad >= 0);
  return plain ? asConvolution(context, window, group, [...begin, ...end]) : asTransposed(context, window, group);
}

/** With stride 1 the transposed convolution is a convolution with a flipped kernel, inputs and outputs exchanged. */
function asConvolution(context: RuleContext, window: Window, group: number, pads: number[]): string {
  const { b, inputs, grads, shape } = context;
  const [m, c, ...kernel] = shape(inputs[1]) as [number, number, ...number[]];
  const spatial = kernel.map((_, axis) => axis + 2);
  const larger = spatial.filter((axis) => (kernel[axis - 2] ?? 1) > 1);
  const flipped = larger.length > 0 ? b.reversed(inputs[1], larger, shape(inputs[1])) : inputs[1];
  const exchanged =
    group === 1
      ? b.Transpose(flipped, [1, 0, ...spatial])
      : b.Reshape(
          b.Transpose(b.Reshape(flipped, [group, m / group, c, ...kernel]), [
            0,
            2,
            1,
            ...spatial.map((axis) => axis + 1),
          ]),
          [group * c, m / group, ...kernel],
        );
  return b.Conv(grads[0], exchanged, "", { pads, dilations: window.dilations, group });
}

function asTransposed(context: RuleContext, window: Window, group: number): string {
  const { b, inputs, grads } = context;
  const { input, output, kernel, strides, dilations, begin } = window;
  const at = (values: readonly number[], axis: number) => values[axis] ?? 0;
  // How far the last window reaches beyond the end of the input; negative if no window covers the rows at the end.
  const beyond = input.map((size, axis) => {
    const covered = (at(output, axis) - 1) * at(strides, axis) + (at(kernel, axis) - 1) * at(dilations, axis) + 1;
    return covered - at(begin, axis) - size;
  });
  const end = beyond.map((n) => Math.max(n, 0));
  const unreached = beyond.map((n) => Math.max(-n, 0));
  const grad = b.ConvTranspose(grads[0], inputs[1], { strides, dilations, group, pads: [...begin, ...end] });
  return unreached.some((n) => n > 0) ? b.Pad(grad, [0, 0, ...input.map(() => 0), 0, 0, ...unreached]) : grad;
}

/**
 * The transpose of a convolution with the same weight [c, m, k]. dx is that convolution of dy; dw is the gradient to the
 * weight of that convolution with dy as its input and x as the gradient to its output.
 */
export const ConvTranspose: Rule = (context) => {
  const { b, node, inputs, grads, needsGrad, shape } = context;
  const window = transposedWindow(context);
  const group = intOf(node, "group", 1);
  const positions = range(shape(inputs[0]).length).slice(2);
  return [
    needsGrad[0] ? convolved(context, window, group) : null,
    needsGrad[1] ? weightGradient(context, grads[0], inputs[0], window, group) : null,
    needsGrad[2] ? b.ReduceSum(grads[0], [0, ...positions], false) : null,
  ];
};

/** The convolution of dy, without the positions at the end that a large output padding adds. */
function convolved({ b, inputs, grads, shape }: RuleContext, window: Window, group: number): string {
  const { strides, dilations, begin, end } = window;
  const dx = b.Conv(grads[0], inputs[1], "", { strides, dilations, group, pads: [...begin, ...end] });
  const x = shape(inputs[0]);
  const starts = x.map(() => 0);
  return b.Slice(dx, range(x.length), starts, x);
}

/** The window of the convolution that a ConvTranspose is the transpose of: its input is y, its output x. */
function transposedWindow({ node, inputs, outputs, shape }: RuleContext): Window {
  const [input, output] = [shape(outputs[0]).slice(2), shape(inputs[0]).slice(2)];
  const kernel = shape(inputs[1]).slice(2);
  const ones = kernel.map(() => 1);
  const strides = intsOf(node, "strides", ones);
  const dilations = intsOf(node, "dilations", ones);
  const extra = intsOf(
    node,
    "output_padding",
    kernel.map(() => 0),
  );
  const at = (values: readonly number[], axis: number) => values[axis] ?? 0;
  // How much both sides together are cropped from the full extent of y.
  const totals = kernel.map((k, axis) => {
    const reach = (k - 1) * at(dilations, axis) + 1;
    return (at(output, axis) - 1) * at(strides, axis) + at(extra, axis) + reach - at(input, axis);
  });
  const auto = stringOf(node, "auto_pad", "NOTSET");
  const computed = auto.startsWith("SAME") || node.attributes.output_shape !== undefined;
  const explicit = intsOf(
    node,
    "pads",
    [...ones, ...ones].map(() => 0),
  );
  const begin = totals.map((total, axis) => {
    if (!computed) return auto === "VALID" ? 0 : at(explicit, axis);
    return auto === "SAME_UPPER" ? Math.floor(total / 2) : total - Math.floor(total / 2);
  });
  return {
    input,
    output,
    kernel,
    strides,
    dilations,
    begin,
    end: totals.map((total, axis) => total - at(begin, axis)),
  };
}
