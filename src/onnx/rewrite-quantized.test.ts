import assert from "node:assert/strict";
import { test } from "node:test";
import { assertClose, gradientsOf, MICROSOFT, normal, outputsOf, readBack } from "../../testing/rewritten.js";
import type { Tensors } from "../runtime/session.js";
import { float, GraphBuilder, int, ints } from "./builder.js";
import type { Attribute } from "./graph.js";
import { float32, sizeOf, type Tensor, toNumbers } from "./tensor.js";

/** The scale and zero point of x, and of the result. */
const [X, Y] = [
  { scale: 0.02, zero: 120 },
  { scale: 0.015, zero: 100 },
];
const image = [2, 4, 6, 6] as const;

const integers = (type: "int8" | "uint8" | "int32", values: readonly number[], shape: readonly number[]): Tensor => {
  const array = { int8: Int8Array, uint8: Uint8Array, int32: Int32Array }[type];
  return { type, shape, data: array.from(values) };
};
const scalar = (value: number) => float32([value], []);
const whole = (type: "int8" | "uint8", value: number) => integers(type, [value], []);
/**
 * Whole numbers from -63 to 63 in a fixed order. With larger ones, ONNX Runtime's own results are wrong on processors without VNNI:
 * they add two products of 8 bits in 16 bits, which saturate.
 */
const weights = (count: number) => Array.from({ length: count }, (_, i) => ((i * 73 + 11) % 127) - 63);

type Make = (b: GraphBuilder, q: string, x: readonly [string, string], y: readonly [string, string]) => string;

/** A graph that quantizes x, computes with integers and converts the result to float32. */
function quantizedGraph(make: Make, shape: readonly number[], type: "uint8" | "int8") {
  const b = new GraphBuilder("quantized");
  const shift = type === "int8" ? 128 : 0;
  const pair = ({ scale, zero }: typeof X) =>
    [b.constant(scalar(scale)), b.constant(whole(type, zero - shift))] as const;
  const [x, y] = [pair(X), pair(Y)];
  const q = b.add("QuantizeLinear", [b.input("x", ["N", ...shape.slice(1)]), ...x]);
  b.output("y", b.add("DequantizeLinear", [make(b, q, x, y), ...y]));
  return b.build();
}

const own =
  (op: string, attributes: Record<string, Attribute> = {}): Make =>
  (b, q, x, y) =>
    b.addCustom(MICROSOFT, op, [q, ...x, ...y], attributes);

const convolution =
  (perChannel: boolean): Make =>
  (b, q, x, y) => {
    const w = b.constant(integers("int8", weights(6 * 4 * 9), [6, 4, 3, 3]));
    const scales = perChannel ? float32([0.01, 0.02, 0.015, 0.004, 0.03, 0.01]) : scalar(0.01);
    const zeros = perChannel ? integers("int8", [0, 0, 0, 0, 0, 0], [6]) : whole("int8", 0);
    const bias = b.constant(integers("int32", [100, -2000, 30, 4000, 500, -6], [6]));
    const operands = [q, ...x, w, b.constant(scales), b.constant(zeros), ...y, bias];
    return b.add("QLinearConv", operands, { kernel_shape: ints([3, 3]), pads: ints([1, 1, 1, 1]) });
  };

const cases: Readonly<Record<string, readonly [make: Make, shape: readonly number[]]>> = {
  "QLinearConv with one scale": [convolution(false), image],
  "QLinearConv with a scale for each channel": [convolution(true), image],
  QLinearMatMul: [
    (b, q, x, y) => {
      const w = [integers("int8", weights(48), [8, 6]), scalar(0.01), whole("int8", 3)];
      return b.add("QLinearMatMul", [q, ...x, ...w.map((tensor) => b.constant(tensor)), ...y]);
    },
    [3, 8],
  ],
  QGemm: [
    (b, q, x, y) => {
      const w = [integers("int8", weights(48), [6, 8]), float32([0.01, 0.02, 0.03, 0.01, 0.02, 0.005])];
      const zeros = integers("int8", [0, 0, 0, 0, 0, 0], [6]);
      const bias = integers("int32", [10, -20, 3000, 40, 50, -60], [6]);
      const operands = [...w, zeros, bias].map((tensor) => b.constant(tensor));
      return b.addCustom(MICROSOFT, "QGemm", [q, ...x, ...operands, ...y], { transB: int(1), alpha: float(0.5) });
    },
    [3, 8],
  ],
  QLinearAdd: [
    (b, q, x, y) => b.addCustom(MICROSOFT, "QLinearAdd", [q, ...x, b.Transpose(q, [0, 1, 3, 2]), ...x, ...y], {}),
    image,
  ],
  QLinearMul: [
    (b, q, x, y) => b.addCustom(MICROSOFT, "QLinearMul", [q, ...x, b.Transpose(q, [0, 1, 3, 2]), ...x, ...y], {}),
    image,
  ],
  QLinearSigmoid: [own("QLinearSigmoid"), image],
  QLinearLeakyRelu: [own("QLinearLeakyRelu", { alpha: float(0.1) }), image],
  QLinearSoftmax: [own("QLinearSoftmax", { axis: int(1), opset: int(13) }), image],
  QLinearGlobalAveragePool: [own("QLinearGlobalAveragePool"), image],
  "QLinearGlobalAveragePool with the channels last": [
    own("QLinearGlobalAveragePool", { channels_last: int(1) }),
    image,
  ],
  "QLinearAveragePool with the channels last": [
    own("QLinearAveragePool", { channels_last: int(1), kernel_shape: ints([2, 2]), strides: ints([1, 2]) }),
    image,
  ],
  QLinearConcat: [
    (b, q, x, y) => b.addCustom(MICROSOFT, "QLinearConcat", [...y, q, ...x, q, ...x], { axis: int(1) }),
    image,
  ],
  "MaxPool of integers": [
    (b, q, x, y) => own("QLinearLeakyRelu")(b, b.MaxPool(q, [3, 3], { strides: [2, 2], pads: [1, 1, 1, 1] }), x, y),
    image,
  ],
  "Resize of integers": [(b, q, x, y) => own("QLinearLeakyRelu")(b, b.Resize(q, [1, 1, 2, 2], {}), x, y), image],
};

for (const [name, [make, shape]] of Object.entries(cases))
  for (const type of ["uint8", "int8"] as const)
    test(`${name} (${type}): outputs are within one level of ONNX Runtime's operator, and gradients pass straight through`, async () => {
      const graph = quantizedGraph(make, shape, type);
      const read = readBack(graph);
      const x = normal(shape, 5);
      const [expected, got] = [await outputsOf(graph, { x }), await outputsOf(read, { x })];
      const [y, z] = [expected.y, got.y].map((tensor) => toNumbers(tensor as Tensor)) as [number[], number[]];
      assert.deepEqual(got.y?.shape, expected.y?.shape);
      const furthest = Math.max(...y.map((value, i) => Math.abs(value - (z[i] ?? 0))));
      assert.ok(furthest <= Y.scale * 1.01, `up to ${furthest}`);
      const off = y.filter((value, i) => Math.abs(value - (z[i] ?? 0)) > Y.scale / 2).length;
      assert.ok(off <= 0.02 * y.length, `${off} of ${y.length} differ by a level`);
      const gradient = (await gradientsOf(read, { x }, expected.y?.shape ?? [])).x as Tensor;
      await checkSlope(read, x, gradient, expected.y?.shape ?? []);
    });

/**
 * Without its QuantizeLinear and DequantizeLinear nodes the graph is smooth almost everywhere, and the slope of its loss
 * along the gradient is near the length of the gradient, because all values are in range.
 */
async function checkSlope(read: ReturnType<typeof readBack>, x: Tensor, gradient: Tensor, shape: readonly number[]) {
  const length = Math.hypot(...toNumbers(gradient));
  assert.ok(length > 0);
  const step = 0.5;
  const weight = toNumbers(normal(shape, 9));
  const lossAt = async (by: number) => {
    const moved = toNumbers(x).map((value, i) => value + (by * Number(gradient.data[i])) / length);
    const { y } = await outputsOf(read, { x: float32(moved, x.shape) });
    return toNumbers(y as Tensor).reduce((sum, value, i) => sum + value * (weight[i] ?? 0), 0);
  };
  const slope = ((await lossAt(step)) - (await lossAt(-step))) / (2 * step);
  assert.ok(Math.abs(slope - length) <= 0.25 * length, `${length} long, slope ${slope}`);
}

/** Nodes of dynamic quantization between x and y, both float32. */
const dynamic: Readonly<Record<string, (b: GraphBuilder, x: string) => string>> = {
  MatMulInteger: (b, x) => {
    const [q = "", scale = "", zero = ""] = b.addMany("DynamicQuantizeLinear", [x], {}, 3);
    const w = b.constant(integers("int8", weights(48), [8, 6]));
    const columns = b.constant(integers("int8", [1, 2, 3, 0, -5, 0], [6]));
    const y = b.Cast(b.add("MatMulInteger", [q, w, zero, columns]), "float32");
    return b.Mul(y, b.Mul(scale, b.scalar(0.01)));
  },
  ConvInteger: (b, x) => {
    const pixels = b.Reshape(x, [1, 2, 3, 4]);
    const [q = "", scale = "", zero = ""] = b.addMany("DynamicQuantizeLinear", [pixels], {}, 3);
    const w = b.constant(
      integers(
        "uint8",
        weights(72).map((v) => v + 100),
        [4, 2, 3, 3],
      ),
    );
    const y = b.add("ConvInteger", [q, w, zero, b.constant(whole("uint8", 101))], { pads: ints([1, 1, 1, 1]) });
    return b.Mul(b.Cast(y, "float32"), b.Mul(scale, b.scalar(0.01)));
  },
  DynamicQuantizeMatMul: (b, x) => {
    const w = [
      integers("int8", weights(48), [8, 6]),
      float32([1, 2, 3, 1, 2, 1].map((v) => v / 100)),
      integers("int8", [0, 1, 2, 3, 4, 5], [6]),
    ];
    const bias = b.constant(float32([1, 2, 3, 4, 5, 6]));
    return b.addCustom(MICROSOFT, "DynamicQuantizeMatMul", [x, ...w.map((t) => b.constant(t)), bias], {});
  },
  MatMulIntegerToFloat: (b, x) => {
    const [q = "", scale = "", zero = ""] = b.addMany("DynamicQuantizeLinear", [x], {}, 3);
    const w = b.constant(integers("int8", weights(48), [8, 6]));
    return b.addCustom(
      MICROSOFT,
      "MatMulIntegerToFloat",
      [q, w, scale, b.scalar(0.01), zero, b.constant(whole("int8", 4))],
      {},
    );
  },
  QAttention: (b, x) => {
    const [q = "", scale = "", zero = ""] = b.addMany("DynamicQuantizeLinear", [b.Reshape(x, [1, 3, 8])], {}, 3);
    const w = b.constant(integers("int8", weights(192), [8, 24]));
    const bias = b.constant(normal([24], 2));
    const operands = [q, w, bias, scale, b.scalar(0.01), "", zero, b.constant(whole("int8", 4))];
    return b.addCustom(MICROSOFT, "QAttention", operands, { num_heads: int(2) });
  },
};

for (const [name, make] of Object.entries(dynamic))
  test(`${name}: outputs equal ONNX Runtime's, and the gradient is near that of the weights in float32`, async () => {
    const b = new GraphBuilder(name);
    const x = normal([3, 8], 5);
    b.output("y", make(b, b.input("x", ["N", 8])));
    const graph = b.build();
    const read = readBack(graph);
    const feeds: Tensors = { x };
    const expected = await outputsOf(graph, feeds);
    assertClose(await outputsOf(read, feeds), expected, 1e-5);
    const shape = expected.y?.shape ?? [];
    const gradient = (await gradientsOf(read, feeds, shape)).x as Tensor;
    assert.equal(sizeOf(gradient.shape), 24);
    await checkSlope(read, x, gradient, shape);
  });

for (const bits of [2, 4, 8])
  for (const zeros of ["default", "packed"] as const)
    test(`MatMulNBits of ${bits} bits with ${zeros} zero points equals ONNX Runtime's, and the last block may be short`, async () => {
      const [rows, columns, block] = [6, 40, 16];
      const blocks = Math.ceil(columns / block);
      const bytes = (count: number) => Array.from({ length: count }, (_, i) => (i * 89 + 7) % 256);
      const b = new GraphBuilder("few bits");
      const packed = [rows, blocks, (block * bits) / 8];
      const w = b.constant(integers("uint8", bytes(sizeOf(packed)), packed));
      const scales = b.constant(float32(Array.from({ length: rows * blocks }, (_, i) => 0.01 + 0.003 * i)));
      const zeroBytes = bytes(rows * Math.ceil((blocks * bits) / 8));
      const zero = zeros === "packed" ? [b.constant(integers("uint8", zeroBytes, [zeroBytes.length]))] : [];
      const attributes = { K: int(columns), N: int(rows), bits: int(bits), block_size: int(block) };
      b.output(
        "y",
        b.addCustom(MICROSOFT, "MatMulNBits", [b.input("x", ["N", columns]), w, scales, ...zero], attributes),
      );
      const graph = b.build();
      const feeds = { x: normal([3, columns], 5) };
      assertClose(await outputsOf(readBack(graph), feeds), await outputsOf(graph, feeds), 1e-5);
    });
