import type { GraphBuilder } from "../../onnx/builder.js";
import { float32 } from "../../onnx/tensor.js";
import { intOf, intsOf, type Rule, type RuleContext, range, withLimits } from "../rule.js";
import { offsetsOf, scatterTaps, taps, type Window, windowOf } from "./window.js";

const kernelOf = ({ node }: RuleContext) => intsOf(node, "kernel_shape", []);

/** y = the mean of x in the window. dx sums dy / count over the windows that contain x. */
export const AveragePool: Rule = (context) => {
  const { b, inputs, grads, shape } = context;
  const window = windowOf(context, kernelOf(context));
  const [n, c] = shape(inputs[0]) as [number, number];
  const counts = float32(countsOf(context, window), [1, 1, ...window.output]);
  const share = b.Div(grads[0], b.constant(counts));
  return [
    scatterTaps(
      b,
      offsetsOf(window.kernel).map(() => share),
      window,
      n,
      c,
    ),
  ];
};

/** The number of elements that each window averages: those inside the image, and padding if `count_include_pad` is set. */
function countsOf({ node }: RuleContext, window: Window): Float32Array {
  const { input, output, kernel, strides, dilations, begin } = window;
  const explicit = intsOf(node, "pads", Array(2 * kernel.length).fill(0));
  const withPadding = intOf(node, "count_include_pad", 0) === 1;
  const alongAxis = output.map((size, axis) =>
    Array.from({ length: size }, (_, position) => {
      const start = position * (strides[axis] ?? 1) - (begin[axis] ?? 0);
      const low = withPadding ? -(begin[axis] ?? 0) : 0;
      const high = (input[axis] ?? 0) + (withPadding ? Math.max(explicit[axis + kernel.length] ?? 0, 0) : 0);
      const places = Array.from({ length: kernel[axis] ?? 1 }, (_, k) => start + k * (dilations[axis] ?? 1));
      return places.filter((place) => place >= low && place < high).length;
    }),
  );
  const counts = alongAxis.reduce<number[]>(
    (product, axis) => product.flatMap((p) => axis.map((count) => p * count)),
    [1],
  );
  return Float32Array.from(counts);
}

/** y = the mean over all positions. dx = dy / positions, repeated. */
export const GlobalAveragePool: Rule = ({ b, inputs: [x], grads: [dy], shape }) => {
  const positions = shape(x)
    .slice(2)
    .reduce((a, size) => a * size, 1);
  return [b.Expand(b.Mul(dy, b.scalar(1 / positions)), b.integers(shape(x)))];
};

/** y = the largest x of all positions. The positions that hold it share dy equally. */
export const GlobalMaxPool = withLimits("equal maxima share the gradient", (context) => {
  const { b, inputs, outputs, grads, shape } = context;
  const [[x], [y], [dy]] = [inputs, outputs, grads];
  const winners = b.Cast(b.Equal(x, y), "float32");
  return [b.Mul(winners, b.Div(dy, b.ReduceSum(winners, range(shape(x).length).slice(2))))];
});

/** The smallest divisor, so that a division by a norm of 0 stays finite; the smallest normal float32 is 1.2e-38. */
const SMALLEST = 1e-37;

/** d (Σ |x|ᵖ)^(1/p) / d x = sign x·(|x| / y)^(p-1); 0 where y is 0. */
function normSlope(b: GraphBuilder, x: string, y: string, p: number): string {
  const share = b.Div(b.Abs(x), b.add("Max", [y, b.scalar(SMALLEST)]));
  return b.Mul(b.Sign(x), b.Pow(share, b.scalar(p - 1)));
}

/** y = (Σ |x|ᵖ)^(1/p) in the window. dx sums dy·sign x·(|x| / y)^(p-1) over the windows that contain x. */
export const LpPool: Rule = (context) => {
  const { b, node, inputs, outputs, grads, shape } = context;
  const window = windowOf(context, kernelOf(context));
  const [n, c] = shape(inputs[0]) as [number, number];
  const p = intOf(node, "p", 2);
  const parts = taps(b, inputs[0], window).map((tap) => b.Mul(grads[0], normSlope(b, tap, outputs[0], p)));
  return [scatterTaps(b, parts, window, n, c)];
};

/** y = (Σ |x|ᵖ)^(1/p) over all positions. dx = dy·sign x·(|x| / y)^(p-1). */
export const GlobalLpPool = withLimits(
  "ONNX Runtime supports the operator up to opset 21",
  ({ b, node, inputs: [x], outputs: [y], grads: [dy] }) => [b.Mul(dy, normSlope(b, x, y, intOf(node, "p", 2)))],
);
