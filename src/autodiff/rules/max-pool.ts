import type { GraphBuilder } from "../../onnx/builder.js";
import { intsOf, range, withLimits } from "../rule.js";
import { type Window, windowOf } from "./window.js";

const limits = "the first of equal maxima gets the gradient; no gradient from the indices output";

/**
 * y = the largest x in the window. dy goes to the first position (in row-major order) that holds it, as in PyTorch.
 * The maximum over a window is the maximum over its first axis of the maxima over the other axes, so dy is propagated one
 * axis at a time: with a 3×3 kernel this compares 3 + 3 elements for each y instead of 9. It does not use the indices output
 * of MaxPool, because with it the runtime does not use its fast kernels.
 */
export const MaxPool = withLimits(limits, (context) => {
  const { b, node, inputs, outputs, grads, shape } = context;
  const window = windowOf(context, intsOf(node, "kernel_shape", []));
  const axes = range(window.kernel.length);
  // pooled[i]: x pooled over the spatial axes after i; the last is x itself.
  const pooled = [...axes.slice(1).map((from) => pooledFrom(b, inputs[0], window, from)), inputs[0]];
  let [y, dy] = [outputs[0], grads[0]];
  for (const [axis, x] of pooled.entries()) {
    const sizes = axes.map((a) => (a <= axis ? window.input[a] : window.output[a]) ?? 1);
    dy = unpooled(b, { x, y, dy, shape: [...shape(inputs[0]).slice(0, 2), ...sizes] }, window, axis);
    y = x;
  }
  return [dy];
});

/** x pooled over the spatial axes from `from` on. */
function pooledFrom(b: GraphBuilder, x: string, window: Window, from: number): string {
  const only = (values: readonly number[], otherwise: number) =>
    values.map((value, axis) => (axis < from ? otherwise : value));
  return b.MaxPool(x, only(window.kernel, 1), {
    strides: only(window.strides, 1),
    dilations: only(window.dilations, 1),
    pads: [...only(window.begin, 0), ...only(window.end, 0)],
  });
}

interface Pooled {
  readonly x: string;
  /** The shape of x. */
  readonly shape: readonly number[];
  /** x pooled along one spatial axis, and the gradient to it. */
  readonly y: string;
  readonly dy: string;
}

/** The gradient to x of pooling along one spatial axis: each dy at the first position of its window that holds y. */
function unpooled(b: GraphBuilder, { x, shape, y, dy }: Pooled, window: Window, spatial: number): string {
  const lanes = new Lanes(b, shape, window, spatial);
  const taps = lanes.taps(x);
  let open = "";
  const parts = taps.map((tap, i) => {
    const equal = b.Equal(tap, y);
    const first = open ? b.And(equal, open) : equal;
    if (i < taps.length - 1) open = open ? b.And(open, b.Not(equal)) : b.Not(equal);
    return b.masked(dy, first);
  });
  return lanes.scatter(parts);
}

/**
 * One padded axis of x, divided into as many lanes as the stride: position p belongs to lane p mod stride. Each offset of the
 * kernel then reads a contiguous part of one lane, which copies far faster than every stride-th element.
 */
class Lanes {
  private readonly axis: number;
  private readonly stride: number;
  private readonly begin: number;
  private readonly length: number;
  private readonly lane: number;
  private readonly outputs: number;
  /** The lane that each offset of the kernel reads, and where it starts. */
  private readonly reads: readonly { lane: number; start: number }[];

  constructor(
    private readonly b: GraphBuilder,
    private readonly shape: readonly number[],
    window: Window,
    spatial: number,
  ) {
    const at = (values: readonly number[]) => values[spatial] ?? 0;
    this.axis = spatial + 2;
    [this.stride, this.begin, this.outputs] = [at(window.strides), at(window.begin), at(window.output)];
    const offsets = range(at(window.kernel)).map((k) => k * at(window.dilations));
    const reach = (this.outputs - 1) * this.stride + (offsets.at(-1) ?? 0) + 1;
    this.length = Math.max(this.begin + at(window.input), reach);
    this.lane = Math.ceil(this.length / this.stride);
    this.reads = offsets.map((offset) => ({
      lane: offset % this.stride,
      start: Math.floor(offset / this.stride),
    }));
  }

  /** The elements of x that each offset of the kernel reads; the padding is -∞. */
  taps(x: string): string[] {
    const { b, axis, stride, lane, outputs } = this;
    const after = lane * stride - this.begin - (this.shape[axis] ?? 0);
    const filled = this.begin + after > 0 ? b.Pad(x, this.pads(this.begin, after), b.scalar(-Infinity)) : x;
    const lanes = stride === 1 ? [filled] : this.divided(filled);
    return this.reads.map(({ lane, start }) => b.Slice(lanes[lane] ?? "", [axis], [start], [start + outputs]));
  }

  /** The transpose of `taps`: sums the gradients of all offsets of the kernel, in the shape of x. */
  scatter(parts: readonly string[]): string {
    const { b, axis, stride, lane, begin, outputs } = this;
    const placed = parts.map((part, i) => {
      const { start } = this.reads[i] as { start: number };
      return b.Pad(part, this.pads(start, lane - start - outputs));
    });
    const lanes = range(stride).map((each) => {
      const terms = placed.filter((_, i) => this.reads[i]?.lane === each);
      if (terms.length === 0) return b.filled(0, this.laneShape);
      return b.Sum(terms);
    });
    const whole = stride === 1 ? (lanes[0] as string) : this.interleaved(lanes);
    return b.Slice(whole, [axis], [begin], [begin + (this.shape[axis] ?? 0)]);
  }

  private get laneShape(): number[] {
    return this.shape.with(this.axis, this.lane);
  }

  private divided(filled: string): string[] {
    const { b, axis, stride } = this;
    const split = b.Reshape(filled, this.laneShape.toSpliced(axis + 1, 0, stride));
    const rest = range(this.shape.length + 1).filter((a) => a !== axis + 1);
    const divided = b.Transpose(split, [axis + 1, ...rest]);
    return range(stride).map((lane) => b.Reshape(b.Slice(divided, [0], [lane], [lane + 1]), this.laneShape));
  }

  private interleaved(lanes: readonly string[]): string {
    const { b, axis, stride } = this;
    const wide = lanes.map((lane) => b.Reshape(lane, this.laneShape.toSpliced(axis + 1, 0, 1)));
    return b.Reshape(b.Concat(wide, axis + 1), this.shape.with(axis, this.lane * stride));
  }

  private pads(before: number, after: number): number[] {
    const none = this.shape.map(() => 0);
    return [...none.with(this.axis, before), ...none.with(this.axis, after)];
  }
}
