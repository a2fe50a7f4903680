import { float, int, ints, string } from "../src/onnx/builder.js";
import { float32, int64, sizeOf, type Tensor } from "../src/onnx/tensor.js";
import type { Draw } from "./draw.js";

/** Adds an operator with random attributes and inputs to a graph and returns its outputs. */
export type Case = (d: Draw) => string | string[];

export const unary =
  (op: string, value: (d: Draw, shape: number[]) => Tensor = (d, shape) => d.normal(shape)): Case =>
  (d) =>
    d.b.add(op, [d.input(value(d, d.shape()))]);
export const within =
  (low: number, high: number) =>
  (d: Draw, shape: number[]): Tensor =>
    d.uniform(shape, low, high);
export const away =
  (...points: number[]) =>
  (d: Draw, shape: number[]): Tensor =>
    d.awayFrom(points, shape);

/** An operator of two operands of which one or both broadcast. */
export const binary =
  (op: string, second: (d: Draw, shape: number[]) => Tensor = (d, shape) => d.normal(shape), first = second): Case =>
  (d) => {
    const full = d.shape(3);
    const narrow = full.map((size) => d.of(size, 1)).slice(d.int(0, 2));
    const wide = full.map((size, axis) => (narrow.at(axis - 3) === size ? d.of(size, 1) : size));
    return d.b.add(op, [d.input(first(d, wide)), d.input(second(d, narrow))]);
  };

export const reduction =
  (op: string, value: (d: Draw, shape: number[]) => Tensor = (d, shape) => d.normal(shape)): Case =>
  (d) => {
    const shape = d.shape(3);
    const axes = d.of([0], [1, 2], [-1], [0, 1, 2]);
    return d.b.add(op, [d.input(value(d, shape)), d.b.integers(axes)], { keepdims: int(d.of(0, 1)) });
  };

export const variadic =
  (op: string): Case =>
  (d) => {
    const shape = d.shape(3);
    const all = d.distinct([3, ...shape]).data as Float32Array;
    const size = sizeOf(shape);
    const part = (i: number) => float32(all.slice(i * size, (i + 1) * size), shape);
    return d.b.add(op, [d.input(part(0)), d.input(part(1)), d.input(part(2))]);
  };

/** A window with random strides, padding and dilations. */
function windowOf(d: Draw, kernel: number[]) {
  return {
    strides: ints(kernel.map(() => d.int(1, 2))),
    pads: ints([...kernel, ...kernel].map((k) => d.int(0, k - 1))),
    dilations: ints(kernel.map(() => d.int(1, 2))),
  };
}

export const pooling =
  (
    op: string,
    value: (d: Draw, shape: number[]) => Tensor,
    attributes: (d: Draw) => Record<string, ReturnType<typeof int>>,
  ): Case =>
  (d) => {
    const kernel = [d.int(2, 3), d.int(1, 3)];
    const { dilations: _, ...window } = windowOf(d, kernel);
    return d.b.add(op, [d.input(value(d, [2, 3, d.int(5, 7), d.int(5, 7)]))], {
      kernel_shape: ints(kernel),
      ...window,
      ...attributes(d),
    });
  };

export const convolution: Case = (d) => {
  const [group, perIn, perOut] = [d.int(1, 2), d.int(1, 3), d.int(1, 3)];
  const kernel = [d.int(1, 3), d.int(1, 3)];
  const x = d.input(d.normal([2, group * perIn, d.int(6, 8), d.int(6, 8)]));
  const w = d.input(d.normal([group * perOut, perIn, ...kernel]));
  return d.b.add("Conv", [x, w, d.input(d.normal([group * perOut]))], { group: int(group), ...windowOf(d, kernel) });
};

export const transposedConvolution: Case = (d) => {
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

export const overChannels =
  (op: string, attributes: (channels: number) => Record<string, ReturnType<typeof int>> = () => ({})): Case =>
  (d) => {
    const shape = [2, 4, d.int(3, 5), d.int(2, 4)];
    return d.b.add(op, [d.input(d.normal(shape)), d.input(d.normal([4])), d.input(d.normal([4]))], attributes(4));
  };

export const resize: Case = (d) => {
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

export const gridSample: Case = (d) => {
  const size: [number, number] = [d.int(3, 5), d.int(3, 5)];
  const mode = d.of("linear", "cubic");
  const aligned = d.int(0, 1);
  const span = (axis: number) => ((aligned ? (size[1 - axis] ?? 1) - 1 : (size[1 - axis] ?? 1)) as number) / 2;
  // Points at fractions of 0.2 to 0.8 between pixels: at the pixels the derivative jumps.
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

export const attention: Case = (d) => {
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

export const gather: Case = (d) => {
  const [shape, axis] = [d.shape(3), d.int(0, 2)];
  const indices = d.b.constant(d.indices(d.shape(d.int(0, 2)), shape[axis] ?? 1));
  return d.b.Gather(d.input(d.normal(shape)), indices, axis);
};

/** A Gather with indices computed from data: those of the largest elements. */
export const gatherComputed: Case = (d) => {
  const [shape, axis] = [d.shape(3), d.int(0, 2)];
  const x = d.input(d.distinct(shape));
  const indices = d.b.add("ArgMax", [x], { axis: int(axis), keepdims: int(0) });
  return d.b.Gather(x, indices, axis);
};

export const gatherElements: Case = (d) => {
  const [shape, axis] = [d.shape(3), d.int(0, 2)];
  const indicesShape = shape.map((size, a) => (a === axis ? d.int(1, 6) : size));
  return d.b.GatherElements(d.input(d.normal(shape)), d.b.constant(d.indices(indicesShape, shape[axis] ?? 1)), axis);
};

export const gatherND: Case = (d) => {
  const batch = d.int(0, 1);
  const shape = [2, 3, 4];
  const depth = d.int(1, 3 - batch);
  const limit = Math.min(...shape.slice(batch, batch + depth));
  const indices = d.indices([...shape.slice(0, batch), 5, depth], limit);
  return d.b.add("GatherND", [d.input(d.normal(shape)), d.b.constant(indices)], { batch_dims: int(batch) });
};

export const scatterND: Case = (d) => {
  const reduction = d.of("none", "add", "max", "min");
  const repeats = reduction === "max" || reduction === "min";
  const [x, updates] = distinctParts(d, [4, 3], [2, 3]);
  const indices = d.b.constant(int64(repeats ? [1, d.of(1, 2)] : d.choose(2, 4), [2, 1]));
  return d.b.add("ScatterND", [x, indices, updates], { reduction: string(reduction) });
};

export const scatterElements: Case = (d) => {
  const [first, second] = [d.choose(2, 4), d.choose(2, 4)];
  const reduction = d.of("none", "add", "max", "min");
  const repeats = reduction === "max" || reduction === "min";
  const [x, updates] = distinctParts(d, [2, 4], [2, 2]);
  const indices = d.b.constant(int64([...first, ...(repeats ? [2, 2] : second)], [2, 2]));
  return d.b.add("ScatterElements", [x, indices, updates], { axis: int(1), reduction: string(reduction) });
};

/** Inputs of two shapes whose elements all differ. */
function distinctParts(d: Draw, one: number[], other: number[]): [string, string] {
  const all = d.distinct([sizeOf(one) + sizeOf(other)]).data as Float32Array;
  return [d.input(float32(all.slice(0, sizeOf(one)), one)), d.input(float32(all.slice(sizeOf(one)), other))];
}

export const einsum: Case = (d) => {
  const sizes: Record<string, number> = { i: d.int(2, 4), j: d.int(2, 4), k: d.int(2, 4), b: 2, c: 3 };
  const equation = d.of("bij,bjk->bik", "ij,kj->ik", "...ij,...jk->...ik", "ij,jk", "bij->bj", "bi,bj->ij", "i,ij,j->");
  const [left = ""] = equation.split("->");
  const values = left.split(",").map((term) => {
    const letters = term.startsWith("...") ? ["b", "c", ...term.slice(3)] : [...term];
    return d.input(d.normal(letters.map((letter) => sizes[letter] ?? 1)));
  });
  return d.b.add("Einsum", values, { equation: string(equation) });
};

export const pad: Case = (d) => {
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

export const slice: Case = (d) => {
  const shape = [5, 6, 4];
  return d.b.Slice(
    d.input(d.normal(shape)),
    [0, -2, 2],
    [d.int(0, 2), -1, d.int(-4, -2)],
    [5, -7, 99],
    [d.int(1, 2), d.int(-2, -1), 1],
  );
};

export const classificationLoss =
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

export const batchNorm: Case = (d) => {
  const shape = [3, 4, 3, 2];
  const [x, scale, shift] = [d.input(d.normal(shape)), d.input(d.normal([4])), d.input(d.normal([4]))];
  const training = d.int(0, 1) === 1;
  const [mean, variance] = [d.normal([4]), d.uniform([4], 0.5, 2)];
  if (!training) return d.b.add("BatchNormalization", [x, scale, shift, d.input(mean), d.input(variance)]);
  const running = [d.b.constant(mean), d.b.constant(variance)];
  const outputs = d.b.addMany("BatchNormalization", [x, scale, shift, ...running], { training_mode: int(1) }, 3);
  return outputs[0] as string;
};

export const matmul: Case = (d) => {
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

export const gemm: Case = (d) => {
  const [rows, inner, columns, transA, transB] = [d.int(2, 4), d.int(2, 4), d.int(2, 4), d.int(0, 1), d.int(0, 1)];
  const a = d.input(d.normal(transA ? [inner, rows] : [rows, inner]));
  const w = d.input(d.normal(transB ? [columns, inner] : [inner, columns]));
  const c = d.input(d.normal(d.of([columns], [rows, columns], [1, columns], [rows, 1])));
  return d.b.add("Gemm", [a, w, c], { transA: int(transA), transB: int(transB), alpha: float(0.7), beta: float(1.3) });
};

export const layerNorm =
  (op: string): Case =>
  (d) => {
    const shape = d.shape(3);
    const axis = d.int(1, 2);
    const inputs = [d.normal(shape), d.normal(shape.slice(axis)), d.normal(shape.slice(axis))];
    if (op === "RMSNormalization") return d.b.add(op, inputs.slice(0, 2).map(d.input), { axis: int(axis) });
    return d.b.addMany(op, inputs.map(d.input), { axis: int(axis) }, d.of(1, 3));
  };
