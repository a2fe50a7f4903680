import type { GraphBuilder } from "../../onnx/builder.js";
import { intsOf, type RuleContext, range, stringOf } from "../rule.js";

/** How a window (of a convolution or a pooling) moves over the spatial axes of its input. */
export interface Window {
  /** Spatial sizes of the input, the output and the kernel. */
  readonly input: readonly number[];
  readonly output: readonly number[];
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Padding before and behind each axis; may be more behind than the attribute says when sizes are rounded up. */
  readonly begin: readonly number[];
  readonly end: readonly number[];
}

/** Reads the window of a Conv or pooling node, with automatic padding resolved. */
export function windowOf({ node, inputs, outputs, shape }: RuleContext, kernel: readonly number[]): Window {
  const [input, output] = [shape(inputs[0]).slice(2), shape(outputs[0]).slice(2)];
  const rank = input.length;
  const strides = intsOf(node, "strides", Array(rank).fill(1));
  const dilations = intsOf(node, "dilations", Array(rank).fill(1));
  const auto = stringOf(node, "auto_pad", "NOTSET");
  const explicit = intsOf(node, "pads", Array(2 * rank).fill(0));
  const at = (values: readonly number[], axis: number) => values[axis] ?? 0;
  // What the windows cover from the first one's start to the last one's end.
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

/** The offsets of the kernel's elements in row-major order: [[0, 0], [0, 1], …]. */
export const offsetsOf = (kernel: readonly number[]): number[][] =>
  kernel.reduce<number[][]>((offsets, size) => offsets.flatMap((o) => range(size).map((i) => [...o, i])), [[]]);

/** A value with padding around it, and where in it each place of the kernel looks. */
export interface Shifts {
  readonly wide: string;
  /** For each axis: the first position that each place sees, how many positions, and how far apart. */
  readonly axes: readonly { readonly starts: readonly number[]; readonly size: number; readonly step: number }[];
}

/** x, with zeros around it, as each place of the kernel sees it. */
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

/** What one place of the kernel sees along these axes (all of them when left out). */
export function shifted(
  b: GraphBuilder,
  { wide, axes }: Shifts,
  offset: readonly number[],
  among = range(axes.length),
): string {
  const seen = among.map((axis, i) => {
    const { starts, size, step } = axes[axis] as Shifts["axes"][number];
    const start = starts[offset[i] ?? 0] ?? 0;
    return { start, end: start + (size - 1) * step + 1, step };
  });
  return b.Slice(
    wide,
    among.map((axis) => axis + 2),
    seen.map(({ start }) => start),
    seen.map(({ end }) => end),
    seen.map(({ step }) => step),
  );
}

/** What each element of the kernel sees of x: for every offset a value [N, C, ...output], zeros outside. */
export function taps(b: GraphBuilder, x: string, window: Window): string[] {
  const shifts = inputShifts(b, x, window);
  return offsetsOf(window.kernel).map((offset) => shifted(b, shifts, offset));
}

/**
 * The transpose of `taps`: adds for every offset a gradient [N, C, ...output] to where the tap was cut from.
 * @returns a value of the input's shape [N, C, ...input].
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
