import type { GraphBuilder } from "../../onnx/builder.js";
import { intsOf, type Rule, range } from "../rule.js";
import { type Window, windowOf } from "./window.js";

/**
 * y = the largest x under the window. dy goes to the first place (in row-major order) that holds it, as in PyTorch.
 * The maximum over a window is one over its first axis of those over the others, so dy goes back one axis at a time: over a
 * kernel of 3×3 that looks at 3 + 3 places for each y, not at 9. MaxPool's own indices are left alone: asking for them takes
 * the runtime off its fast kernels.
 */
export const MaxPool: Rule = (context) => {
  const { b, node, inputs, outputs, grads, shape } = context;
  const window = windowOf(context, intsOf(node, "kernel_shape", []));
  const axes = range(window.kernel.length);
  // pooled[i]: x pooled over the spatial axes from i on; the last one is x itself, the first one y.
  const pooled = [...axes.slice(1).map((from) => pooledFrom(b, inputs[0], window, from)), inputs[0]];
  let [y, dy] = [outputs[0], grads[0]];
  for (const [axis, x] of pooled.entries()) {
    const sizes = axes.map((a) => (a <= axis ? window.input[a] : window.output[a]) ?? 1);
    dy = unpooled(b, { x, y, dy, shape: [...shape(inputs[0]).slice(0, 2), ...sizes] }, window, axis);
    y = x;
  }
  return [dy];
};

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
  /** Of this shape. */
  readonly x: string;
  readonly shape: readonly number[];
  /** x pooled along one spatial axis, and the gradient to that. */
  readonly y: string;
  readonly dy: string;
}

/** The gradient to x of pooling along one spatial axis: each dy at the first place of its window that holds y. */
function unpooled(b: GraphBuilder, { x, shape, y, dy }: Pooled, window: Window, spatial: number): string {
  const lanes = new Lanes(b, shape, window, spatial);
  const seen = lanes.taps(x);
  let open = "";
  const parts = seen.map((tap, i) => {
    const equal = b.Equal(tap, y);
    const first = open ? b.And(equal, open) : equal;
    if (i < seen.length - 1) open = open ? b.And(open, b.Not(equal)) : b.Not(equal);
    return b.masked(dy, first);
  });
  return lanes.scatter(parts);
}

/**
 * One axis of x, with its padding, dealt out to as many lanes as the stride has steps: place p to lane p mod stride. Every
 * place of the kernel then sees a stretch of one lane without gaps, which copies far faster than each stride-th element.
 */
class Lanes {
  private readonly axis: number;
  private readonly stride: number;
  private readonly begin: number;
  private readonly length: number;
  private readonly lane: number;
  private readonly outputs: number;
  /** Where each place of the kernel falls: on which lane and how far along. */
  private readonly places: readonly { lane: number; start: number }[];

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
    this.places = offsets.map((offset) => ({
      lane: offset % this.stride,
      start: Math.floor(offset / this.stride),
    }));
  }

  /** What each place of the kernel sees of x; nothing is larger than the padding's -∞. */
  taps(x: string): string[] {
    const { b, axis, stride, lane, outputs } = this;
    const after = lane * stride - this.begin - (this.shape[axis] ?? 0);
    const filled = this.begin + after > 0 ? b.Pad(x, this.pads(this.begin, after), b.scalar(-Infinity)) : x;
    const lanes = stride === 1 ? [filled] : this.dealt(filled);
    return this.places.map((place) => b.Slice(lanes[place.lane] ?? "", [axis], [place.start], [place.start + outputs]));
  }

  /** The transpose of `taps`: adds up what each place of the kernel gives back, in x's shape. */
  scatter(parts: readonly string[]): string {
    const { b, axis, stride, lane, begin, outputs } = this;
    const placed = parts.map((part, i) => {
      const { start } = this.places[i] as { start: number };
      return b.Pad(part, this.pads(start, lane - start - outputs));
    });
    const lanes = range(stride).map((each) => {
      const own = placed.filter((_, i) => this.places[i]?.lane === each);
      if (own.length === 0) return b.filled(0, this.laneShape);
      return own.length === 1 ? (own[0] as string) : b.Sum(own);
    });
    const whole = stride === 1 ? (lanes[0] as string) : this.gathered(lanes);
    return b.Slice(whole, [axis], [begin], [begin + (this.shape[axis] ?? 0)]);
  }

  private get laneShape(): number[] {
    return this.shape.with(this.axis, this.lane);
  }

  private dealt(filled: string): string[] {
    const { b, axis, stride } = this;
    const split = b.Reshape(filled, this.laneShape.toSpliced(axis + 1, 0, stride));
    const rest = range(this.shape.length + 1).filter((a) => a !== axis + 1);
    const dealt = b.Transpose(split, [axis + 1, ...rest]);
    return range(stride).map((lane) => b.Reshape(b.Slice(dealt, [0], [lane], [lane + 1]), this.laneShape));
  }

  private gathered(lanes: readonly string[]): string {
    const { b, axis, stride } = this;
    const wide = lanes.map((lane) => b.Reshape(lane, this.laneShape.toSpliced(axis + 1, 0, 1)));
    return b.Reshape(b.Concat(wide, axis + 1), this.shape.with(axis, this.lane * stride));
  }

  private pads(before: number, after: number): number[] {
    const none = this.shape.map(() => 0);
    return [...none.with(this.axis, before), ...none.with(this.axis, after)];
  }
}
