import { randomAt } from "../src/data/random.js";
import { float, type GraphBuilder, int, ints, string } from "../src/graph/builder.js";
import { float32, int64, sizeOf, type Tensor } from "../src/graph/tensor.js";

/** Draws the tensors and sizes of a case and declares what its gradient is wanted for. */
export class Draw {
  /** The values of the declared inputs. */
  readonly feeds: Record<string, Tensor> = {};
  private readonly random;

  constructor(
    readonly b: GraphBuilder,
    seed: number,
    place: number,
  ) {
    this.random = randomAt(seed, place);
  }

  /** A whole number from low to high. */
  int = (low: number, high: number): number => low + this.random.integer(high - low + 1);
  /** One of these. */
  of = <T>(...choices: [T, ...T[]]): T => choices[this.random.integer(choices.length)] as T;
  /** A shape with this many axes (or drawn), each of 2 to 5. */
  shape = (rank = this.int(1, 4)): number[] => Array.from({ length: rank }, () => this.int(2, 5));

  tensor = (shape: readonly number[], value: (i: number) => number): Tensor =>
    float32(
      Float32Array.from({ length: sizeOf(shape) }, (_, i) => value(i)),
      shape,
    );
  /** Values like 0.3, -1.2, … */
  normal = (shape: readonly number[]): Tensor => this.tensor(shape, () => this.random.normal());
  /** Values uniform in [low, high]. */
  uniform = (shape: readonly number[], low: number, high: number): Tensor =>
    this.tensor(shape, () => low + (high - low) * this.random.uniform());
  /** Values in [-3, 3] at least 0.1 from every one of these points, where the derivative jumps. */
  awayFrom = (points: readonly number[], shape: readonly number[]): Tensor =>
    this.tensor(shape, () => {
      for (;;) {
        const value = 6 * this.random.uniform() - 3;
        if (points.every((point) => Math.abs(value - point) > 0.1)) return value;
      }
    });
  /** Values 0.1 or more apart from each other, in a drawn order. */
  distinct = (shape: readonly number[]): Tensor => {
    const order = Array.from({ length: sizeOf(shape) }, (_, i) => [this.random.uniform(), i] as const).sort(
      ([a], [c]) => a - c,
    );
    const middle = order.length / 2;
    return this.tensor(shape, (i) => ((order[i]?.[1] ?? 0) - middle) * 0.1 + 0.03);
  };
  /** Whole numbers from 0 to limit - 1. */
  indices = (shape: readonly number[], limit: number): Tensor =>
    int64(
      Array.from({ length: sizeOf(shape) }, () => this.random.integer(limit)),
      shape,
    );
  /** `count` of the numbers 0 to limit - 1, each once. */
  choose = (count: number, limit: number): number[] =>
    Array.from({ length: limit }, (_, i) => [this.random.uniform(), i] as const)
      .sort(([a], [c]) => a - c)
      .slice(0, count)
      .map(([, i]) => i);

  /** Declares an input whose gradient is wanted. */
  input = (tensor: Tensor): string => {
    const name = this.b.input(`input${Object.keys(this.feeds).length}`, tensor.shape);
    this.feeds[name] = tensor;
    return name;
  };
}

/** Adds the operator to the graph and returns its outputs. */
export type Case = (d: Draw) => string | string[];

const unary =
  (op: string, value: (d: Draw, shape: number[]) => Tensor = (d, shape) => d.normal(shape)): Case =>
  (d) =>
    d.b.add(op, [d.input(value(d, d.shape()))]);
const within =
  (low: number, high: number) =>
  (d: Draw, shape: number[]): Tensor =>
    d.uniform(shape, low, high);
const away =
  (...points: number[]) =>
  (d: Draw, shape: number[]): Tensor =>
    d.awayFrom(points, shape);

/** An operator of two operands of which one, the other or both broadcast. */
const binary =
  (op: string, second: (d: Draw, shape: number[]) => Tensor = (d, shape) => d.normal(shape), first = second): Case =>
  (d) => {
    const full = d.shape(3);
    const narrow = full.map((size) => d.of(size, 1)).slice(d.int(0, 2));
    const wide = full.map((size, axis) => (narrow.at(axis - 3) === size ? d.of(size, 1) : size));
    return d.b.add(op, [d.input(first(d, wide)), d.input(second(d, narrow))]);
  };

const reduction =
  (op: string, value: (d: Draw, shape: number[]) => Tensor = (d, shape) => d.normal(shape)): Case =>
  (d) => {
    const shape = d.shape(3);
    const axes = d.of([0], [1, 2], [-1], [0, 1, 2]);
    return d.b.add(op, [d.input(value(d, shape)), d.b.integers(axes)], { keepdims: int(d.of(0, 1)) });
  };

const variadic =
  (op: string): Case =>
  (d) => {
    const shape = d.shape(3);
    const all = d.distinct([3, ...shape]).data as Float32Array;
    const size = sizeOf(shape);
    const part = (i: number) => float32(all.slice(i * size, (i + 1) * size), shape);
    return d.b.add(op, [d.input(part(0)), d.input(part(1)), d.input(part(2))]);
  };

/** A window with drawn strides, padding and dilations. */
function windowOf(d: Draw, kernel: number[]) {
  return {
    strides: ints(kernel.map(() => d.int(1, 2))),
    pads: ints([...kernel, ...kernel].map((k) => d.int(0, k - 1))),
    dilations: ints(kernel.map(() => d.int(1, 2))),
  };
}

const pooling =
  (
    op: string,
    value: (d: Draw, shape: number[]) => Tensor,
    more: (d: Draw) => Record<string, ReturnType<typeof int>>,
  ): Case =>
  (d) => {
    const kernel = [d.int(2, 3), d.int(1, 3)];
    const { dilations: _, ...window } = windowOf(d, kernel);
    return d.b.add(op, [d.input(value(d, [2, 3, d.int(5, 7), d.int(5, 7)]))], {
      kernel_shape: ints(kernel),
      ...window,
      ...more(d),
    });
  };

const convolution: Case = (d) => {
  const [group, perIn, perOut] = [d.int(1, 2), d.int(1, 3), d.int(1, 3)];
  const kernel = [d.int(1, 3), d.int(1, 3)];
  const x = d.input(d.normal([2, group * perIn, d.int(6, 8), d.int(6, 8)]));
  const w = d.input(d.normal([group * perOut, perIn, ...kernel]));
  return d.b.add("Conv", [x, w, d.input(d.normal([group * perOut]))], { group: int(group), ...windowOf(d, kernel) });
};

const transposedConvolution: Case = (d) => {
  const [group, perIn, perOut] = [d.int(1, 2), d.int(1, 3), d.int(1, 3)];
  const kernel = [d.int(1, 3), d.int(1, 3)];
  const x = d.input(d.normal([2, group * perIn, d.int(3, 5), d.int(3, 5)]));
  const w = d.input(d.normal([group * perIn, perOut, ...kernel]));
  const { strides, pads, dilations } = windowOf(d, kernel);
  const extra = (strides.kind === "ints" ? strides.value : []).map((s) => d.int(0, s - 1));
  return d.b.add("ConvTranspose", [x, w, d.input(d.normal([group * perOut]))], {
    group: int(group),
    strides,
    pads,
    dilations,
    output_padding: ints(extra),
  });
};

const overChannels =
  (op: string, attributes: (channels: number) => Record<string, ReturnType<typeof int>> = () => ({})): Case =>
  (d) => {
    const shape = [2, 4, d.int(3, 5), d.int(2, 4)];
    return d.b.add(op, [d.input(d.normal(shape)), d.input(d.normal([4])), d.input(d.normal([4]))], attributes(4));
  };

const resize: Case = (d) => {
  const [h, w] = [d.int(3, 6), d.int(3, 6)];
  const mode = d.of("linear", "cubic", "nearest");
  const transforms = ["half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel"] as const;
  const sizes = [2, 3, d.int(2, 9), d.int(2, 9)];
  const antialias = mode !== "nearest" && d.int(0, 1) === 1;
  return d.b.add("Resize", [d.input(d.normal([2, 3, h, w])), "", "", d.b.integers(sizes)], {
    mode: string(mode),
    coordinate_transformation_mode: string(antialias ? "half_pixel" : d.of(...transforms)),
    ...(antialias && { antialias: int(1) }),
  });
};

const gridSample: Case = (d) => {
  const size: [number, number] = [d.int(3, 5), d.int(3, 5)];
  const mode = d.of("linear", "cubic");
  const aligned = d.int(0, 1);
  const span = (axis: number) => ((aligned ? (size[1 - axis] ?? 1) - 1 : (size[1 - axis] ?? 1)) as number) / 2;
  // Points whose fraction of a pixel is 0.2 to 0.8: between pixels the slope jumps.
  const grid = d.tensor([2, 3, 4, 2], (i) => {
    const pixel = d.int(-2, 5) + d.of(0.2, 0.4, 0.6, 0.8);
    return (pixel - ((size[1 - (i % 2)] ?? 1) - 1) / 2) / span(i % 2);
  });
  return d.b.add("GridSample", [d.input(d.normal([2, 2, ...size])), d.input(grid)], {
    mode: string(mode),
    padding_mode: string(d.of("zeros", "border", "reflection")),
    align_corners: int(aligned),
  });
};

const attention: Case = (d) => {
  const [n, groups, times, queries, keys, depth] = [2, d.int(1, 2), d.int(1, 2), d.int(2, 4), d.int(2, 4), 3];
  const heads = groups * times;
  const packed = d.int(0, 1) === 1;
  const of = (h: number, s: number) => d.input(d.normal(packed ? [n, s, h * depth] : [n, h, s, depth]));
  const inputs = [of(heads, queries), of(groups, keys), of(groups, keys)];
  const masked = d.int(0, 1) === 1;
  if (masked) inputs.push(d.input(d.normal([queries, keys])));
  return d.b.add("Attention", inputs, {
    ...(packed && { q_num_heads: int(heads), kv_num_heads: int(groups) }),
    ...(!masked && { is_causal: int(d.int(0, 1)) }),
    ...(d.int(0, 1) === 1 && { softcap: float(2) }),
  });
};

const gather: Case = (d) => {
  const [shape, axis] = [d.shape(3), d.int(0, 2)];
  const indices = d.b.constant(d.indices(d.shape(d.int(0, 2)), shape[axis] ?? 1));
  return d.b.Gather(d.input(d.normal(shape)), indices, axis);
};

/** Indices that the graph computes from the data: those of the largest elements. */
const gatherComputed: Case = (d) => {
  const [shape, axis] = [d.shape(3), d.int(0, 2)];
  const x = d.input(d.distinct(shape));
  const places = d.b.add("ArgMax", [x], { axis: int(axis), keepdims: int(0) });
  return d.b.Gather(x, places, axis);
};

const gatherElements: Case = (d) => {
  const [shape, axis] = [d.shape(3), d.int(0, 2)];
  const at = shape.map((size, a) => (a === axis ? d.int(1, 6) : size));
  return d.b.GatherElements(d.input(d.normal(shape)), d.b.constant(d.indices(at, shape[axis] ?? 1)), axis);
};

const gatherND: Case = (d) => {
  const batch = d.int(0, 1);
  const shape = [2, 3, 4];
  const depth = d.int(1, 3 - batch);
  const limit = Math.min(...shape.slice(batch, batch + depth));
  const indices = d.indices([...shape.slice(0, batch), 5, depth], limit);
  return d.b.add("GatherND", [d.input(d.normal(shape)), d.b.constant(indices)], { batch_dims: int(batch) });
};

const scatterND: Case = (d) => {
  const rows = d.choose(2, 4);
  const indices = d.b.constant(int64(rows, [2, 1]));
  return d.b.add("ScatterND", [d.input(d.normal([4, 3])), indices, d.input(d.normal([2, 3]))], {
    reduction: string(d.of("none", "add")),
  });
};

const scatterElements: Case = (d) => {
  const [first, second] = [d.choose(2, 4), d.choose(2, 4)];
  const indices = d.b.constant(int64([...first, ...second], [2, 2]));
  return d.b.add("ScatterElements", [d.input(d.normal([2, 4])), indices, d.input(d.normal([2, 2]))], {
    axis: int(1),
    reduction: string(d.of("none", "add")),
  });
};

const einsum: Case = (d) => {
  const sizes: Record<string, number> = { i: d.int(2, 4), j: d.int(2, 4), k: d.int(2, 4), b: 2, c: 3 };
  const equation = d.of("bij,bjk->bik", "ij,kj->ik", "...ij,...jk->...ik", "ij,jk", "bij->bj", "bi,bj->ij", "i,ij,j->");
  const [left = ""] = equation.split("->");
  const values = left.split(",").map((term) => {
    const letters = term.startsWith("...") ? ["b", "c", ...term.slice(3)] : [...term];
    return d.input(d.normal(letters.map((letter) => sizes[letter] ?? 1)));
  });
  return d.b.add("Einsum", values, { equation: string(equation) });
};

const pad: Case = (d) => {
  const shape = [2, d.int(4, 6), d.int(4, 6)];
  const mode = d.of("constant", "reflect", "edge", "wrap");
  const low = mode === "constant" ? -1 : 0;
  return d.b.Pad(
    d.input(d.normal(shape)),
    [0, d.int(low, 2), d.int(low, 3), 0, d.int(low, 3), d.int(low, 2)],
    "",
    mode,
  );
};

const slice: Case = (d) => {
  const shape = [5, 6, 4];
  return d.b.Slice(
    d.input(d.normal(shape)),
    [0, -2, 2],
    [d.int(0, 2), -1, d.int(-4, -2)],
    [5, -7, 99],
    [d.int(1, 2), d.int(-2, -1), 1],
  );
};

const labelled =
  (op: string): Case =>
  (d) => {
    const labels = d.indices([3, 4], 5);
    const x = d.input(d.normal([3, 5, 4]));
    const log = op === "NegativeLogLikelihoodLoss" ? d.b.LogSoftmax(x, 1) : x;
    const weight = d.of("", d.b.constant(d.uniform([5], 0.5, 2)));
    return d.b.add(op, [log, d.b.constant(labels), weight], {
      reduction: string(d.of("mean", "sum", "none")),
      ...(d.int(0, 1) === 1 && { ignore_index: int(1) }),
    });
  };

const batchNorm: Case = (d) => {
  const shape = [3, 4, 3, 2];
  const [x, scale, shift] = [d.input(d.normal(shape)), d.input(d.normal([4])), d.input(d.normal([4]))];
  const training = d.int(0, 1) === 1;
  const [mean, variance] = [d.normal([4]), d.uniform([4], 0.5, 2)];
  if (!training) return d.b.add("BatchNormalization", [x, scale, shift, d.input(mean), d.input(variance)]);
  const running = [d.b.constant(mean), d.b.constant(variance)];
  const outputs = d.b.addMany("BatchNormalization", [x, scale, shift, ...running], { training_mode: int(1) }, 3);
  return outputs[0] as string;
};

const matmul: Case = (d) => {
  const [rows, inner, columns] = [d.int(2, 4), d.int(2, 4), d.int(2, 4)];
  const [left, right] = d.of<[number[], number[]]>(
    [
      [rows, inner],
      [inner, columns],
    ],
    [
      [2, rows, inner],
      [inner, columns],
    ],
    [
      [3, 1, rows, inner],
      [2, inner, columns],
    ],
    [[inner], [inner, columns]],
    [[2, rows, inner], [inner]],
  );
  return d.b.MatMul(d.input(d.normal(left)), d.input(d.normal(right)));
};

const gemm: Case = (d) => {
  const [rows, inner, columns, transA, transB] = [d.int(2, 4), d.int(2, 4), d.int(2, 4), d.int(0, 1), d.int(0, 1)];
  const a = d.input(d.normal(transA ? [inner, rows] : [rows, inner]));
  const w = d.input(d.normal(transB ? [columns, inner] : [inner, columns]));
  const c = d.input(d.normal(d.of([columns], [rows, columns], [1, columns], [rows, 1])));
  return d.b.add("Gemm", [a, w, c], { transA: int(transA), transB: int(transB), alpha: float(0.7), beta: float(1.3) });
};

const layerNorm =
  (op: string): Case =>
  (d) => {
    const shape = d.shape(3);
    const axis = d.int(1, 2);
    const inputs = [d.normal(shape), d.normal(shape.slice(axis)), d.normal(shape.slice(axis))];
    const used = op === "RMSNormalization" ? inputs.slice(0, 2) : inputs;
    return d.b.add(op, used.map(d.input), { axis: int(axis) });
  };

/** Straight-through estimates differ from the derivative on purpose: src/autodiff/quantization.test.ts tests them. */
export const estimates: readonly string[] = ["QuantizeLinear", "DequantizeLinear"];

/** Of every rule that passes a gradient: how to draw graphs that test it. */
export const ruleCases: Readonly<Record<string, Case>> = {
  Abs: unary("Abs", away(0)),
  Acos: unary("Acos", within(-0.8, 0.8)),
  Acosh: unary("Acosh", within(1.3, 3)),
  Add: binary("Add"),
  Asin: unary("Asin", within(-0.8, 0.8)),
  Asinh: unary("Asinh"),
  Atan: unary("Atan"),
  Atanh: unary("Atanh", within(-0.8, 0.8)),
  Attention: attention,
  AveragePool: pooling(
    "AveragePool",
    (d, s) => d.normal(s),
    (d) => ({ count_include_pad: int(d.int(0, 1)) }),
  ),
  BatchNormalization: batchNorm,
  Cast: (d) => d.b.Cast(d.b.add("Cast", [d.input(d.normal(d.shape()))], { to: int(11) }), "float32"),
  CastLike: (d) => d.b.add("CastLike", [d.input(d.normal(d.shape())), d.b.one]),
  Celu: (d) => d.b.add("Celu", [d.input(d.awayFrom([0], d.shape()))], { alpha: float(1.5) }),
  Clip: (d) => d.b.Clip(d.input(d.awayFrom([-1, 1.5], d.shape())), d.b.scalar(-1), d.b.scalar(1.5)),
  Concat: (d) => d.b.Concat([d.input(d.normal([2, 3, 2])), d.input(d.normal([2, d.int(1, 4), 2]))], d.of(1, -2)),
  Conv: convolution,
  ConvTranspose: transposedConvolution,
  Cos: unary("Cos"),
  Cosh: unary("Cosh"),
  CumSum: (d) =>
    d.b.add("CumSum", [d.input(d.normal(d.shape(3))), d.b.constant(int64([d.int(-3, 2)], []))], {
      reverse: int(d.int(0, 1)),
      exclusive: int(d.int(0, 1)),
    }),
  DepthToSpace: (d) => d.b.DepthToSpace(d.input(d.normal([2, 8, 3, 2])), 2, d.of("DCR", "CRD")),
  Div: binary("Div", away(0, 0.3, -0.3), (d, shape) => d.normal(shape)),
  Dropout: (d) => d.b.add("Dropout", [d.input(d.normal(d.shape()))]),
  Einsum: einsum,
  Elu: (d) => d.b.add("Elu", [d.input(d.awayFrom([0], d.shape()))], { alpha: float(0.7) }),
  Erf: unary("Erf"),
  Exp: unary("Exp"),
  Expand: (d) => d.b.Expand(d.input(d.normal([3, 1])), d.b.integers([2, d.of(1, 3), 4])),
  Flatten: (d) => d.b.Flatten(d.input(d.normal(d.shape(4))), d.int(-3, 4)),
  Gather: (d) => d.of(gather, gatherComputed)(d),
  GatherElements: gatherElements,
  GatherND: gatherND,
  Gelu: (d) => d.b.add("Gelu", [d.input(d.normal(d.shape()))], { approximate: string(d.of("none", "tanh")) }),
  Gemm: gemm,
  GlobalAveragePool: (d) => d.b.GlobalAveragePool(d.input(d.normal(d.shape(4)))),
  GlobalLpPool: (d) => d.b.add("GlobalLpPool", [d.input(d.awayFrom([0], d.shape(4)))], { p: int(d.int(1, 3)) }),
  GlobalMaxPool: (d) => d.b.add("GlobalMaxPool", [d.input(d.distinct(d.shape(4)))]),
  GridSample: gridSample,
  GroupNormalization: overChannels("GroupNormalization", () => ({ num_groups: int(2) })),
  HardSigmoid: (d) => d.b.add("HardSigmoid", [d.input(d.awayFrom([-2.5, 2.5], d.shape()))]),
  HardSwish: unary("HardSwish", away(-3, 3)),
  Identity: unary("Identity"),
  InstanceNormalization: overChannels("InstanceNormalization"),
  LRN: (d) =>
    d.b.add("LRN", [d.input(d.normal([2, d.int(4, 7), 3, 2]))], {
      size: int(d.of(1, 3, 5)),
      alpha: float(0.5),
      beta: float(0.6),
      bias: float(1.5),
    }),
  LayerNormalization: layerNorm("LayerNormalization"),
  LeakyRelu: (d) => d.b.add("LeakyRelu", [d.input(d.awayFrom([0], d.shape()))], { alpha: float(0.2) }),
  Log: unary("Log", within(0.5, 3)),
  LogSoftmax: (d) => d.b.LogSoftmax(d.input(d.normal(d.shape(3))), d.int(-3, 2)),
  LpNormalization: (d) =>
    d.b.add("LpNormalization", [d.input(d.awayFrom([0], d.shape(3)))], {
      axis: int(d.int(-3, 2)),
      p: int(d.int(1, 2)),
    }),
  LpPool: pooling(
    "LpPool",
    (d, s) => d.awayFrom([0], s),
    (d) => ({ p: int(d.int(1, 3)) }),
  ),
  MatMul: matmul,
  Max: variadic("Max"),
  MaxPool: pooling(
    "MaxPool",
    (d, s) => d.distinct(s),
    (d) => ({ ceil_mode: int(d.int(0, 1)) }),
  ),
  Mean: variadic("Mean"),
  MeanVarianceNormalization: (d) => d.b.add("MeanVarianceNormalization", [d.input(d.normal(d.shape(4)))]),
  Min: variadic("Min"),
  Mish: unary("Mish"),
  Mul: binary("Mul"),
  Neg: unary("Neg"),
  NegativeLogLikelihoodLoss: labelled("NegativeLogLikelihoodLoss"),
  PRelu: (d) => d.b.PRelu(d.input(d.awayFrom([0], [2, 4, 3, 2])), d.input(d.normal(d.of([4, 1, 1], [1, 1, 1], [2])))),
  Pad: pad,
  Pow: binary("Pow", within(-2, 2), within(0.5, 2)),
  RMSNormalization: layerNorm("RMSNormalization"),
  Reciprocal: unary("Reciprocal", away(0, 0.2, -0.2)),
  ReduceL1: reduction("ReduceL1", away(0)),
  ReduceL2: reduction("ReduceL2"),
  ReduceLogSum: reduction("ReduceLogSum", within(0.5, 2)),
  ReduceLogSumExp: reduction("ReduceLogSumExp"),
  ReduceMax: reduction("ReduceMax", (d, s) => d.distinct(s)),
  ReduceMean: reduction("ReduceMean"),
  ReduceMin: reduction("ReduceMin", (d, s) => d.distinct(s)),
  ReduceProd: reduction("ReduceProd", (d, s) =>
    d.tensor(s, (i) => (i === 3 ? 0 : d.of(-1, 1) * (0.7 + 0.1 * d.int(0, 8)))),
  ),
  ReduceSum: reduction("ReduceSum"),
  ReduceSumSquare: reduction("ReduceSumSquare"),
  Relu: unary("Relu", away(0)),
  Reshape: (d) => d.b.Reshape(d.input(d.normal([2, 3, 4])), d.of([4, -1], [0, 2, 6], [24])),
  Resize: resize,
  ScatterElements: scatterElements,
  ScatterND: scatterND,
  Selu: unary("Selu", away(0)),
  Shrink: (d) => d.b.add("Shrink", [d.input(d.awayFrom([0.5, -0.5], d.shape()))], { bias: float(0.2) }),
  Sigmoid: unary("Sigmoid"),
  Sin: unary("Sin"),
  Sinh: unary("Sinh"),
  Slice: slice,
  Softmax: (d) => d.b.Softmax(d.input(d.normal(d.shape(3))), d.int(-3, 2)),
  SoftmaxCrossEntropyLoss: labelled("SoftmaxCrossEntropyLoss"),
  Softplus: unary("Softplus"),
  Softsign: unary("Softsign"),
  SpaceToDepth: (d) => d.b.add("SpaceToDepth", [d.input(d.normal([2, 3, 4, 6]))], { blocksize: int(2) }),
  Split: (d) => d.b.Split(d.input(d.normal([2, 6, 3])), d.of(1, -2), d.of([2, 4], [1, 2, 3])),
  Sqrt: unary("Sqrt", within(0.5, 3)),
  Squeeze: (d) => d.b.add("Squeeze", [d.input(d.normal([1, 3, 1, 2])), d.b.integers(d.of([0], [2, 0], [-2]))]),
  Sub: binary("Sub"),
  Sum: variadic("Sum"),
  Swish: (d) => d.b.add("Swish", [d.input(d.normal(d.shape()))], { alpha: float(1.3) }),
  Tan: unary("Tan", within(-1, 1)),
  Tanh: unary("Tanh"),
  ThresholdedRelu: (d) => d.b.add("ThresholdedRelu", [d.input(d.awayFrom([0.7], d.shape()))], { alpha: float(0.7) }),
  Tile: (d) => d.b.Tile(d.input(d.normal([2, 3])), [d.int(1, 3), d.int(1, 3)]),
  TopK: (d) =>
    d.b
      .addMany("TopK", [d.input(d.distinct([3, 5])), d.b.integers([d.int(1, 4)])], { largest: int(d.int(0, 1)) }, 2)
      .slice(0, 1),
  Transpose: (d) => d.b.Transpose(d.input(d.normal(d.shape(3))), d.of([2, 0, 1], [1, 0, 2], [2, 1, 0])),
  Trilu: (d) =>
    d.b.add("Trilu", [d.input(d.normal([2, 4, 5])), d.of("", d.b.constant(int64([1], [])))], {
      upper: int(d.int(0, 1)),
    }),
  Unsqueeze: (d) => d.b.add("Unsqueeze", [d.input(d.normal(d.shape(2))), d.b.integers(d.of([0], [1, -1]))]),
  Where: (d) => {
    const [x, y] = [d.input(d.normal([2, 3, 4])), d.input(d.normal([3, 1]))];
    return d.b.Where(d.b.Greater(d.b.constant(d.normal([3, 4])), d.b.zero), x, y);
  },
};
