import type { GraphBuilder } from "../../onnx/builder.js";
import { type RuleContext, range } from "../rule.js";
import { inputShifts, offsetsOf, type Shifts, shifted, type Window } from "./window.js";

/** Up to this many channels on the shifted side one product over all shifts is fastest; with more, copying costs more. */
const STACKED_CHANNELS = 16;

/**
 * The gradient to the weight [m, c, ...kernel] of a convolution of `x`, where `dy` is the gradient to its output: for each
 * offset of the kernel a product of matrices over positions, of one side with a shifted copy of the other.
 */
export function weightGradient(context: RuleContext, x: string, dy: string, window: Window, group: number): string {
  const { b, inputs, shape } = context;
  const [m, c, ...kernel] = shape(inputs[1]) as [number, number, ...number[]];
  const n = shape(inputs[0])[0] ?? 1;
  const outputSide = cheaperOnOutputSide(window, m, c * group);
  const shifts = outputSide ? outputShifts(b, dy, window) : inputShifts(b, x, window);
  const positions = count(outputSide ? window.input : window.output);
  const product = (outputs: string, seen: string, [rows, columns]: readonly [number, number]) => {
    const [left, right] = [
      b.Reshape(outputs, [n, group, rows, positions]),
      b.Reshape(seen, [n, group, columns, positions]),
    ];
    return b.ReduceSum(b.MatMul(left, b.transposeLast(right, 4)), [0], false);
  };
  const offsets = count(kernel);
  if (group === 1 && offsets > 1 && Math.min(m, c) <= STACKED_CHANNELS) {
    const all = stacked(b, shifts);
    const [first = 1] = kernel;
    const sums = outputSide
      ? b.Transpose(b.Reshape(product(all, x, [offsets * m, c]), [offsets / first, m, first, c]), [1, 3, 2, 0])
      : b.Transpose(b.Reshape(product(dy, all, [m, offsets * c]), [m, offsets / first, c, first]), [0, 2, 3, 1]);
    return b.Reshape(sums, [m, c, ...kernel]);
  }
  if (group === 1 && isPlanar(window)) return planarGradient(b, { x, dy, n, m, c }, window);
  // [group, m / group, c] for each offset -> [m, c, ...kernel]
  const parts = offsetsOf(kernel)
    .map((offset) => shifted(b, shifts, offset))
    .map((shift) => product(outputSide ? shift : dy, outputSide ? x : shift, [m / group, c]));
  const columns = b.Concat(
    parts.map((part) => b.Reshape(part, [m, c, 1])),
    2,
  );
  return b.Reshape(columns, [m, c, ...kernel]);
}

const count = (shape: readonly number[]) => shape.reduce((a, size) => a * size, 1);

/** Whether to shift dy instead of x, which is possible with stride 1 and faster if dy has fewer channels. */
const cheaperOnOutputSide = ({ strides, kernel }: Window, outputs: number, inputs: number) =>
  outputs < inputs && count(kernel) > 1 && strides.every((stride) => stride === 1);

/** dy shifted against x for each offset k: element q of x meets dy at q + pad - k·dilation. Strides are 1. */
function outputShifts(b: GraphBuilder, dy: string, window: Window): Shifts {
  const { input, kernel, dilations, begin, output } = window;
  const reach = kernel.map((k, axis) => (k - 1) * (dilations[axis] ?? 1));
  const before = reach.map((r, axis) => Math.max(r - (begin[axis] ?? 0), 0));
  const after = input.map((size, axis) => Math.max(size + (begin[axis] ?? 0) - (output[axis] ?? 0), 0));
  const axes = kernel.map((k, axis) => ({
    starts: range(k).map((offset) => (before[axis] ?? 0) + (begin[axis] ?? 0) - offset * (dilations[axis] ?? 1)),
    size: input[axis] ?? 1,
    step: 1,
  }));
  return { wide: b.Pad(dy, [0, 0, ...before, 0, 0, ...after]), axes };
}

/**
 * The taps of all kernel offsets, in the order [N, offsets along the other axes, channels, offsets along the first axis,
 * ...positions]. Gathering whole rows along the first axis copies half as much as a slice for each offset.
 */
function stacked(b: GraphBuilder, shifts: Shifts): string {
  const [first, ...others] = shifts.axes as [Shifts["axes"][number], ...Shifts["axes"]];
  const offsets = offsetsOf(others.map(({ starts }) => starts.length));
  const axes = range(others.length).map((axis) => axis + 1);
  const sideways = axes.length > 0 ? offsets.map((offset) => shifted(b, shifts, offset, axes)) : [shifts.wide];
  const all = sideways.length === 1 ? (sideways[0] as string) : b.Concat(sideways, 1);
  const rows = first.starts.flatMap((start) => range(first.size).map((i) => start + i * first.step));
  return b.Gather(all, b.integers(rows), 2);
}

/** Whether a window has two axes and stride 1, and its kernel more than one row. */
const isPlanar = ({ kernel, strides }: Window): boolean =>
  kernel.length === 2 && (kernel[0] ?? 1) > 1 && strides.every((stride) => stride === 1);

interface Sides {
  readonly x: string;
  readonly dy: string;
  readonly n: number;
  readonly m: number;
  readonly c: number;
}

/**
 * The gradient to a weight [m, c, rows, columns] with stride 1. With x padded to the width w, and dy to the same width, the
 * element of x that meets dy at the position p = row·w + column is at p + offset·dilation: a shift along the columns is one of
 * the flattened image, which is copied in one piece. dy is shifted along the rows, for all offsets at once, so that there is one
 * product for each column of the kernel.
 */
function planarGradient(b: GraphBuilder, { x, dy, n, m, c }: Sides, window: Window): string {
  const [rows = 1, columns = 1] = window.kernel;
  const [down = 1, right = 1] = window.dilations;
  const [top = 0, left = 0] = window.begin;
  const [height = 1, width = 1] = window.input;
  const [outputHeight = 1, outputWidth = 1] = window.output;
  const reach = (rows - 1) * down;
  const wide = outputWidth + (columns - 1) * right;
  const high = outputHeight + reach;
  // One more row, because the last position plus a shift lies behind the image; dy is 0 there.
  const padded = b.Pad(x, [0, 0, top, left, 0, 0, high - top - height + 1, wide - left - width]);
  const flat = b.Reshape(padded, [n, c, (high + 1) * wide]);
  const around = b.Pad(dy, [0, 0, reach, 0, 0, 0, reach, wide - outputWidth]);
  const sources = range(rows).flatMap((row) => range(high).map((i) => reach - row * down + i));
  const outputs = b.Reshape(b.Gather(around, b.integers(sources), 2), [n, m * rows, high * wide]);
  const parts = range(columns).map((column) => {
    const seen = b.Slice(flat, [2], [column * right], [column * right + high * wide]);
    const sums = b.ReduceSum(b.MatMul(outputs, b.transposeLast(seen, 3)), [0], false);
    return b.Reshape(sums, [m, rows, c, 1]);
  });
  return b.Transpose(b.Concat(parts, 3), [0, 2, 1, 3]);
}
