import type { GraphBuilder } from "../../onnx/builder.js";
import { intsOf, type RuleContext, range, stringOf } from "../rule.js";

/** The window of a convolution or pooling along the spatial axes. */
export interface Window {
  /** Spatial sizes of the input, the output and the kernel. */
  readonly input: readonly number[];
  readonly output: readonly number[];
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Padding before and after each axis; `end` may exceed the attribute if `ceil_mode` rounds sizes up. */
  readonly begin: readonly number[];
  readonly end: readonly number[];
}

/** The window of a Conv or pooling node, with automatic padding resolved. */
export function windowOf({ node, inputs, outputs, shape }: RuleContext, kernel: readonly number[]): Window {
  const [input, output] = [shape(inputs[0]).slice(2), shape(outputs[0]).slice(2)];
  const rank = input.length;
  const strides = intsOf(node, "strides", Array(rank).fill(1));
  const dilations = intsOf(node, "dilations", Array(rank).fill(1));
  const auto = stringOf(node, "auto_pad", "NOTSET");
  const explicit = intsOf(node, "pads", Array(2 * rank).fill(0));
  const at = (values: readonly number[], axis: number) => values[axis] ?? 0;
  // The extent from the start of the first window to the end of the last one.
  const extents = range(rank).map(
    (axis) => (at(output, axis) - 1) * at(strides, axis) + (at(kernel, axis) - 1) * at(dilations, axis) + 1,
  );
  const begin = range(rank).map((axis) => {
    if (auto === "NOTSET") return at(explicit, axis);
    const total = Math.max(at(extents, axis) - at(input, axis), 0);
    return auto === "SAME_UPPER" ? Math.floor(total / 2) : auto === "SAME_LOWER" ? Math.ceil(total / 2) : 0;
  });
  const end = range(rank).map((axis) => {
    const needed = at(extents, axis) - at(input, axis) - at(begin, axis);
    return auto === "NOTSET" ? Math.max(at(explicit, axis + rank), needed) : Math.max(needed, 0);
  });
  return { input, output, kernel, strides, dilations, begin, end };
}

/** The offsets of a kernel in row-major order: [[0, 0], [0, 1], …]. */
export const offsetsOf = (kernel: readonly number[]): number[][] =>
  kernel.reduce<number[][]>((offsets, size) => offsets.flatMap((o) => range(size).map((i) => [...o, i])), [[]]);

/** A padded value, and the slice of it that each offset of the kernel reads. */
export interface Shifts {
  readonly wide: string;
  /** For each axis: the first index that each offset reads, the number of indices, and their distance. */
  readonly axes: readonly { readonly starts: readonly number[]; readonly size: number; readonly step: number }[];
}

/** x padded with zeros, and the slices that the offsets of the kernel read. */
export function inputShifts(b: GraphBuilder, x: string, window: Window): Shifts {
  const { kernel, strides, dilations, output, begin, end } = window;
  const axes = kernel.map((k, axis) => ({
    starts: range(k).map((offset) => offset * (dilations[axis] ?? 1)),
    size: output[axis] ?? 1,
    step: strides[axis] ?? 1,
  }));
  const unpadded = [...begin, ...end].every((pad) => pad === 0);
  return { wide: unpadded ? x : b.Pad(x, [0, 0, ...begin, 0, 0, ...end]), axes };
}

/** The slice that one offset of the kernel reads along some spatial axes (default: all). */
export function shifted(
  b: GraphBuilder,
  { wide, axes }: Shifts,
  offset: readonly number[],
  among = range(axes.length),
): string {
  const slices = among.map((axis, i) => {
    const { starts, size, step } = axes[axis] as Shifts["axes"][number];
    const start = starts[offset[i] ?? 0] ?? 0;
    return { start, end: start + (size - 1) * step + 1, step };
  });
  return b.Slice(
    wide,
    among.map((axis) => axis + 2),
    slices.map(({ start }) => start),
    slices.map(({ end }) => end),
    slices.map(({ step }) => step),
  );
}

/** The taps of a window: for each offset of the kernel, the elements of x that it reads, [N, C, ...output]; zeros outside. */
export function taps(b: GraphBuilder, x: string, window: Window): string[] {
  const shifts = inputShifts(b, x, window);
  return offsetsOf(window.kernel).map((offset) => shifted(b, shifts, offset));
}

/**
 * The transpose of `taps`: sums the gradients [N, C, ...output] to the taps.
 * @returns the gradient to x, [N, C, ...input].
 */
export function scatterTaps(b: GraphBuilder, grads: readonly string[], window: Window, n: number, c: number): string {
  const { input, output, kernel, strides, dilations, begin, end } = window;
  const positions = output.reduce((a, size) => a * size, 1);
  const columns = b.Concat(
    grads.map((grad) => b.Reshape(grad, [n, c, 1, positions])),
    2,
  );
  return b.Col2Im(b.Reshape(columns, [n, c * grads.length, positions]), input, kernel, {
    strides,
    dilations,
    pads: [...begin, ...end],
  });
}
