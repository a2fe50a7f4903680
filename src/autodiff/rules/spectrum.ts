import type { GraphBuilder } from "../../onnx/builder.js";
import { float32, type Tensor, toNumbers } from "../../onnx/tensor.js";
import { axisOf, intOf, numbersOf, type Rule, type RuleContext, range, withLimits } from "../rule.js";

/** The frequencies and times of a discrete Fourier transform. */
interface Transform {
  /** Frequencies in the output: `length`, or length / 2 + 1 of a one-sided one. */
  readonly bins: number;
  /** Times in the input; later ones up to `length` are zeros, further ones are not used. */
  readonly times: number;
  readonly length: number;
  /** -1, or +1 for the inverse. */
  readonly sign: number;
  readonly scale: number;
}

/**
 * The matrix [2·bins, parts·times] of a transform: row (k, part of Y), column (t, part of x). Y = Σ x·e^(iφ) with
 * φ = sign·2πkt / length: Re Y = Σ Re x·cos φ - Im x·sin φ and Im Y = Σ Re x·sin φ + Im x·cos φ.
 */
function matrixOf({ bins, times, length, sign, scale }: Transform, parts: number): Tensor {
  const data = new Float32Array(2 * bins * times * parts);
  for (const k of range(bins))
    for (const t of range(Math.min(times, length))) {
      const angle = (sign * 2 * Math.PI * ((k * t) % length)) / length;
      const [cos, sin] = [scale * Math.cos(angle), scale * Math.sin(angle)];
      const row = (part: number) => ((2 * k + part) * times + t) * parts;
      data.set(parts === 2 ? [cos, -sin] : [cos], row(0));
      data.set(parts === 2 ? [sin, cos] : [sin], row(1));
    }
  return float32(data, [2 * bins, times * parts]);
}

/** The most elements of the matrix of a transform. */
const MAXIMUM_MATRIX = 2 ** 24;

function checkedMatrix(b: GraphBuilder, { refuse }: RuleContext, transform: Transform, parts: number): string {
  if (2 * transform.bins * transform.times * parts > MAXIMUM_MATRIX) throw refuse("transforms too many elements");
  return b.constant(matrixOf(transform, parts));
}

/**
 * Y = the Fourier transform of x along an axis; the last axis holds the real and imaginary parts. It is linear, so dx is the
 * product of dY with the transposed matrix. A one-sided inverse uses the conjugates of its frequencies, too.
 */
export const DFT: Rule = withLimits(
  "constant length and axis; no one-sided inverse; up to 2^24 coefficients",
  (context) => {
    const { b, node, inputs, outputs, grads, shape, refuse } = context;
    const [x, y] = [shape(inputs[0]), shape(outputs[0])];
    const inverse = intOf(node, "inverse", 0) === 1;
    if (inverse && intOf(node, "onesided", 0) === 1) throw refuse("is a one-sided inverse");
    const axis = axisOf(numbersOf(context, inputs[2], [-2])[0] ?? -2, x.length);
    const times = x[axis] ?? 1;
    const length = numbersOf(context, inputs[1], [times])[0] ?? times;
    const transform = {
      bins: y[axis] ?? 1,
      times,
      length,
      sign: inverse ? 1 : -1,
      scale: inverse ? 1 / length : 1,
    };
    const parts = x.at(-1) ?? 1;
    const matrix = checkedMatrix(b, context, transform, parts);
    // The transformed axis goes before the last one, and both together are the rows of the matrix.
    const perm = [...range(x.length - 1).filter((a) => a !== axis), axis, x.length - 1];
    const moved = (sizes: readonly number[]) => perm.map((a) => sizes[a] ?? 1);
    const flat = b.Reshape(b.Transpose(grads[0], perm), [...moved(y).slice(0, -2), 2 * transform.bins]);
    const dx = b.Reshape(b.MatMul(flat, matrix), moved(x));
    return [
      b.Transpose(
        dx,
        range(perm.length).map((a) => perm.indexOf(a)),
      ),
    ];
  },
);

/**
 * Y = the one-sided or whole Fourier transforms of windows of a signal [N, length, 1]. Each is a product with a matrix, so
 * dx is a transposed convolution of dY, whose stride is the step of the windows.
 */
export const STFT: Rule = withLimits(
  "real signals; constant step, length and window; up to 2^24 coefficients",
  (context) => {
    const { b, inputs, outputs, grads, shape, known, refuse } = context;
    const [x, y] = [shape(inputs[0]), shape(outputs[0])];
    const [n = 1, total = 1, parts = 1] = x;
    const [, frames = 1, bins = 1] = y;
    if (x.length === 3 && parts !== 1) throw refuse("transforms a complex signal");
    const step = numbersOf(context, inputs[1], [1])[0] ?? 1;
    const window = inputs[2] ? known(inputs[2]) : null;
    if (inputs[2] && !window) throw refuse("computes its window from data");
    const length = numbersOf(context, inputs[3], [window?.data.length ?? total])[0] ?? total;
    const matrix = checkedMatrix(b, context, { bins, times: length, length, sign: -1, scale: 1 }, 1);
    const weighted = window ? b.Mul(matrix, b.constant(float32(toNumbers(window), [length]))) : matrix;
    const signal = b.ConvTranspose(
      b.Transpose(b.Reshape(grads[0], [n, frames, 2 * bins]), [0, 2, 1]),
      b.Reshape(weighted, [2 * bins, 1, length]),
      { strides: [step] },
    );
    const rest = total - ((frames - 1) * step + length);
    return [b.Reshape(rest > 0 ? b.Pad(signal, [0, 0, 0, 0, 0, rest]) : signal, x)];
  },
);
