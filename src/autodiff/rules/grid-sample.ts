import type { GraphBuilder } from "../../onnx/builder.js";
import { float32, int64 } from "../../onnx/tensor.js";
import { intOf, type Rule, type RuleContext, range, stringOf, withLimits } from "../rule.js";
import { scatterElements } from "./indexing.js";

/** One of the pixels along one axis from which a point is interpolated: its integer coordinate, weight, d weight / d point. */
interface Tap {
  readonly at: string;
  readonly weight: string;
  readonly slope: string;
}

const limits = "images only, not volumes; mode nearest passes no gradient to the grid";

/**
 * y[n, c, p] = Σ over taps of x[n, c, tap]·wx·wy, the taps around the point grid[n, p] = (gx, gy) in [-1, 1].
 * dx sums dy·wx·wy at the taps; dgrid = Σ dy·x·(wx′·wy, wx·wy′)·d pixel / d grid. Padding applies to each tap: a pixel
 * outside the image is 0, the nearest pixel of the border, or the reflected one.
 */
export const GridSample = withLimits(limits, (context) => {
  const { b, inputs, grads, needsGrad, shape, refuse } = context;
  const [n, c, height, width] = shape(inputs[0]) as [number, number, number, number];
  if (shape(inputs[0]).length !== 4) throw refuse("samples a volume");
  const points = (shape(inputs[1])[1] ?? 1) * (shape(inputs[1])[2] ?? 1);
  const dy = b.Reshape(grads[0], [n, c, points]);
  const pixels = b.Reshape(inputs[0], [n, c, height * width]);
  const axisOfGrid = (i: number, size: number) => tapsAlong(context, i, size, [n, 1, points]);
  const [alongX, alongY] = [axisOfGrid(0, width), axisOfGrid(1, height)];
  const [dx, dgx, dgy]: string[][] = [[], [], []];
  for (const ty of alongY)
    for (const tx of alongX) {
      const { index, inside } = tapIndex(context, tx.at, ty.at, [n, c, points], [height, width]);
      const masked = b.Mul(dy, inside);
      if (needsGrad[0])
        dx?.push(scatterElements(b, [n, c, height * width], index, b.Mul(masked, b.Mul(tx.weight, ty.weight)), 2));
      if (!needsGrad[1]) continue;
      const product = b.ReduceSum(b.Mul(masked, b.GatherElements(pixels, index, 2)), [1]);
      dgx?.push(b.Mul(product, b.Mul(tx.slope, ty.weight)));
      dgy?.push(b.Mul(product, b.Mul(tx.weight, ty.slope)));
    }
  const gridGradient = (parts: string[], size: number) =>
    b.Reshape(b.Mul(b.Sum(parts), b.scalar(pixelsPerUnit(context, size))), [...shape(inputs[1]).slice(0, 3), 1]);
  return [
    needsGrad[0] ? b.Reshape(b.Sum(dx ?? []), shape(inputs[0])) : null,
    needsGrad[1] ? b.Concat([gridGradient(dgx ?? [], width), gridGradient(dgy ?? [], height)], 3) : null,
  ];
});

const cornersAligned = ({ node }: RuleContext) => intOf(node, "align_corners", 0) === 1;

/** d pixel / d grid: [-1, 1] of the grid spans the centers of the outer pixels, or their outer edges. */
const pixelsPerUnit = (context: RuleContext, size: number) => (cornersAligned(context) ? size - 1 : size) / 2;

/** The taps along one axis for every point: [n, 1, points] each. */
function tapsAlong(context: RuleContext, axis: number, size: number, to: readonly number[]): Tap[] {
  const { b, node, inputs } = context;
  const grid = b.Reshape(b.Gather(inputs[1], b.constant(int64([axis], [])), 3), to);
  const point = b.Add(b.Mul(grid, b.scalar(pixelsPerUnit(context, size))), b.scalar((size - 1) / 2));
  const mode = stringOf(node, "mode", "linear");
  if (mode === "nearest") return [{ at: b.add("Round", [point]), weight: b.one, slope: b.zero }];
  const first = b.add("Floor", [point]);
  const t = b.Sub(point, first);
  if (mode === "linear")
    return [
      { at: first, weight: b.Sub(b.one, t), slope: b.scalar(-1) },
      { at: b.Add(first, b.one), weight: t, slope: b.one },
    ];
  return range(4).map((k) => ({ at: b.Add(first, b.scalar(k - 1)), ...cubicTap(b, t, k - 1) }));
}

/** The coefficient of cubic convolution in ONNX and PyTorch (-0.5 in Keys 1981). */
const A = -0.75;

/** Weight and slope of cubic convolution for the pixel at distance |t - k|, t in [0, 1), k = -1, 0, 1, 2 (Keys 1981, eq. 8). */
function cubicTap(b: GraphBuilder, t: string, k: number) {
  const near = k === 0 || k === 1;
  const sign = k <= 0 ? 1 : -1;
  const d = b.Mul(b.Sub(t, b.scalar(k)), b.scalar(sign));
  const [c3, c2, c1, c0] = near ? [A + 2, -(A + 3), 0, 1] : [A, -5 * A, 8 * A, -4 * A];
  const polynomial = (coefficients: readonly number[]) =>
    coefficients.map(b.scalar).reduce((sum, coefficient) => b.Add(b.Mul(sum, d), coefficient));
  return {
    weight: polynomial([c3, c2, c1, c0]),
    slope: b.Mul(polynomial([3 * c3, 2 * c2, c1]), b.scalar(sign)),
  };
}

/** The index of a tap among the height·width pixels, for every channel, and a mask: 0 where padding makes the pixel 0. */
function tapIndex(
  context: RuleContext,
  x: string,
  y: string,
  [n, c, points]: readonly [number, number, number],
  [height, width]: readonly [number, number],
) {
  const { b, node } = context;
  const padding = stringOf(node, "padding_mode", "zeros");
  const within = (value: string, size: number) =>
    b.Clip(padding === "reflection" ? reflected(context, value, size) : value, b.zero, b.scalar(size - 1));
  const index = b.Add(b.Mul(within(y, height), b.scalar(width)), within(x, width));
  const isInside = (value: string, size: number) =>
    b.And(b.GreaterOrEqual(value, b.zero), b.LessOrEqual(value, b.scalar(size - 1)));
  const inside = padding === "zeros" ? b.Cast(b.And(isInside(x, width), isInside(y, height)), "float32") : b.one;
  return { index: b.Expand(b.Cast(index, "int64"), b.integers([n, c, points])), inside };
}

/** An integer coordinate reflected into [0, size): at the centers of the outer pixels, or at their outer edges. */
function reflected(context: RuleContext, value: string, size: number): string {
  const { b } = context;
  const aligned = cornersAligned(context);
  const period = aligned ? Math.max(2 * (size - 1), 1) : 2 * size;
  const turns = b.add("Floor", [b.Div(value, b.scalar(period))]);
  const rest = b.Sub(value, b.Mul(turns, b.scalar(period)));
  const last = aligned ? period : period - 1;
  return b.add("Min", [rest, b.Sub(b.scalar(last), rest)]);
}

/**
 * y = the points θ·(p, 1) for each point p of a regular grid, as GridSample reads them (Jaderberg et al. 2015, sec. 3.2).
 * dθ = Σ dy·(p, 1)ᵀ. The operator itself computes the points p, from the identity.
 */
export const AffineGrid: Rule = ({ b, node, inputs: [theta, size], grads: [dy], shape }) => {
  const [n = 1, axes = 2] = shape(theta);
  const identity = float32(
    range(axes * (axes + 1)).map((i) => Number(i % (axes + 1) === Math.floor(i / (axes + 1)))),
    [1, axes, axes + 1],
  );
  const all = b.Expand(b.constant(identity), b.integers(shape(theta)));
  const flat = (value: string) => b.Reshape(value, [n, -1, axes]);
  const points = flat(b.add("AffineGrid", [all, size], node.attributes));
  const back = b.transposeLast(flat(dy), 3);
  return [b.Concat([b.MatMul(back, points), b.ReduceSum(back, [2])], 2)];
};
