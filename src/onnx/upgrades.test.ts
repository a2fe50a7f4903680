import assert from "node:assert/strict";
import { test } from "node:test";
import { Session, type Tensors } from "../runtime/session.js";
import { float, int, ints, string } from "./builder.js";
import { decodeModel } from "./decode.js";
import { encodeModel } from "./encode.js";
import type { Attribute, Graph } from "./graph.js";
import { float32, int64, sizeOf, type Tensor } from "./tensor.js";

interface Case {
  readonly op: string;
  readonly opset: number;
  /** Shape of the input "x", or the input itself. */
  readonly x: readonly number[] | Tensor;
  readonly attributes?: Readonly<Record<string, Attribute>>;
  /** Further inputs. */
  readonly constants?: readonly Tensor[];
  readonly outputs?: number;
  /** How it differs from the other cases of its operator. */
  readonly as?: string;
}

const floats = (value: readonly number[]): Attribute => ({ kind: "floats", value });
const sines = (shape: readonly number[], seed = 1): Tensor =>
  float32(
    Float32Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(12.9898 * (i + 1) * seed)),
    shape,
  );
const positive = (shape: readonly number[]): Tensor =>
  float32(
    (sines(shape).data as Float32Array).map((v) => 1.5 + v),
    shape,
  );
const norms = (shape: readonly number[]) => [sines(shape, 2), sines(shape, 3), sines(shape, 4), positive(shape)];
const image = [1, 2, 4, 6];
const reductions = ["L1", "L2", "LogSum", "LogSumExp", "Max", "Mean", "Min", "Prod", "Sum", "SumSquare"];
const resizings: [string, readonly number[]][] = [
  ["nearest", [1, 1, 2, 3]],
  ["nearest", [1, 1, 1.5, 1.7]],
  ["linear", [1, 1, 2, 1.5]],
];
const shrinking: [string, readonly number[]][] = [
  ["nearest", [1, 1, 0.4, 0.7]],
  ["nearest", [1, 1, 0.6, 2.5]],
  ["linear", [1, 1, 0.6, 0.5]],
];

const cases: readonly Case[] = [
  ...[7, 11, 12].flatMap((opset): Case[] => [
    { op: "Squeeze", opset, x: [1, 3, 1, 2], attributes: { axes: ints([0, 2]) } },
    { op: "Squeeze", opset, x: [1, 3, 1, 2], as: "without axes" },
    { op: "Unsqueeze", opset, x: [3, 2], attributes: { axes: ints([0, 3]) } },
    { op: "Split", opset, x: [2, 6], attributes: { axis: int(1), split: ints([1, 2, 3]) }, outputs: 3 },
    { op: "Split", opset, x: [2, 6], attributes: { axis: int(1) }, outputs: 3, as: "into equal parts" },
  ]),
  ...[7, 12, 13, 17].flatMap((opset) =>
    reductions.flatMap((name): Case[] => [
      {
        op: `Reduce${name}`,
        opset,
        x: positive([2, 3, 4]),
        attributes: opset < 13 || name !== "Sum" ? { axes: ints([0, 2]), keepdims: int(0) } : {},
      },
      { op: `Reduce${name}`, opset, x: positive([2, 3, 4]), as: "over everything" },
    ]),
  ),
  ...[7, 10].flatMap((opset): Case[] => [
    { op: "Clip", opset, x: [3, 4], attributes: { min: float(-0.3), max: float(0.4) } },
    { op: "Clip", opset, x: [3, 4], attributes: { max: float(0.4) }, as: "from above" },
    { op: "Clip", opset, x: [3, 4], attributes: { min: float(0.1) }, as: "from below" },
    { op: "Clip", opset, x: [3, 4], as: "without bounds" },
    { op: "Pad", opset, x: image, attributes: { pads: ints([0, 0, 1, 2, 0, 0, 0, 1]), value: float(2.5) } },
    { op: "Pad", opset, x: image, attributes: { pads: ints([0, 0, 1, 2, 0, 0, 0, 1]) }, as: "with zeros" },
    {
      op: "Pad",
      opset,
      x: image,
      attributes: { mode: string("reflect"), pads: ints([0, 0, 1, 2, 0, 0, 0, 1]) },
      as: "reflected",
    },
    { op: "Pad", opset, x: image, attributes: { pads: ints([0, 0, -1, 2, 0, 0, 0, -1]) }, as: "negative" },
  ]),
  { op: "Slice", opset: 9, x: image, attributes: { starts: ints([1, -3]), ends: ints([4, 9999]), axes: ints([2, 3]) } },
  { op: "Slice", opset: 7, x: [3, 4], attributes: { starts: ints([1, 0]), ends: ints([3, 2]) }, as: "without axes" },
  { op: "TopK", opset: 9, x: [2, 5], attributes: { k: int(3), axis: int(1) }, outputs: 2 },
  ...resizings.flatMap(([mode, scales]): Case[] => [
    {
      op: "Upsample",
      opset: 7,
      x: image,
      attributes: { mode: string(mode), scales: floats(scales) },
      as: `${mode} ${scales}`,
    },
    {
      op: "Upsample",
      opset: 9,
      x: image,
      attributes: { mode: string(mode) },
      constants: [float32(scales)],
      as: `${mode} ${scales}`,
    },
  ]),
  ...[...resizings, ...shrinking].map(
    ([mode, scales]): Case => ({
      op: "Resize",
      opset: 10,
      x: [1, 2, 7, 9],
      attributes: { mode: string(mode) },
      constants: [float32(scales)],
      as: `${mode} ${scales}`,
    }),
  ),
  {
    op: "Resize",
    opset: 11,
    x: image,
    attributes: { mode: string("cubic"), coordinate_transformation_mode: string("align_corners") },
    constants: [float32([]), float32([]), int64([1, 2, 9, 5])],
    as: "to sizes, with empty inputs",
  },
  ...[7, 10, 11].map((opset): Case => ({ op: "Dropout", opset, x: [3, 4], attributes: { ratio: float(0.4) } })),
  ...[7, 10].map((opset): Case => ({ op: "Dropout", opset, x: [3, 4], outputs: 2, as: "with its mask" })),
  ...[7, 8].map(
    (opset): Case => ({
      op: "BatchNormalization",
      opset,
      x: [2, 3, 4],
      constants: norms([3]),
      attributes: { epsilon: float(0.01), spatial: int(1), momentum: float(0.8) },
    }),
  ),
  {
    op: "BatchNormalization",
    opset: 7,
    x: [2, 3, 4],
    constants: norms([3, 4]),
    attributes: { epsilon: float(0.01), spatial: int(0) },
    as: "for each element",
  },
  { op: "BatchNormalization", opset: 9, x: [2, 3, 4], constants: norms([3]), attributes: { epsilon: float(0.01) } },
  ...["Softmax", "LogSoftmax", "Hardmax"].flatMap((op): Case[] =>
    [7, 11, 12].flatMap((opset) => [
      { op, opset, x: [2, 3, 2, 2] },
      { op, opset, x: [2, 3, 2, 2], attributes: { axis: int(2) }, as: "from axis 2" },
      { op, opset, x: [2, 3, 2, 2], attributes: { axis: int(3) }, as: "on the last axis" },
      { op, opset, x: [2, 3, 2, 2], attributes: { axis: int(0) }, as: "over everything" },
      { op, opset, x: [2, 5], as: "of a matrix" },
      ...(opset > 10
        ? [
            { op, opset, x: [2, 3, 2, 2], attributes: { axis: int(-1) }, as: "from axis -1" },
            { op, opset, x: [2, 3, 2, 2], attributes: { axis: int(-3) }, as: "from axis -3" },
          ]
        : []),
    ]),
  ),
  ...[18, 20].map(
    (opset): Case => ({
      op: "GroupNormalization",
      opset,
      x: [2, 6, 3, 2],
      constants: [sines([3], 2), sines([3], 3)],
      attributes: { num_groups: int(3), epsilon: float(0.01) },
    }),
  ),
  ...["bilinear", "nearest", "bicubic"].map(
    (mode): Case => ({
      op: "GridSample",
      opset: 16,
      x: image,
      constants: [sines([1, 3, 3, 2], 5)],
      attributes: { mode: string(mode) },
      as: mode,
    }),
  ),
  ...[10, 15, 16].map(
    (opset): Case => ({
      op: "RoiAlign",
      opset,
      x: [1, 2, 6, 6],
      constants: [float32([0, 0, 4.5, 3.5, 1, 1.5, 5, 5], [2, 4]), int64([0, 0])],
      attributes: { output_height: int(2), output_width: int(3), sampling_ratio: int(2) },
    }),
  ),
  {
    op: "Scatter",
    opset: 9,
    x: [3, 3],
    constants: [int64([0, 2, 1, 0], [2, 2]), sines([2, 2], 2)],
    attributes: { axis: int(1) },
  },
  { op: "DFT", opset: 17, x: [1, 4, 6, 2] },
  { op: "DFT", opset: 17, x: [1, 4, 6, 1], attributes: { axis: int(2), onesided: int(1) }, as: "on axis 2" },
  { op: "ConstantOfShape", opset: 9, x: int64([2, 3]), attributes: { value: { kind: "tensor", value: float32([7]) } } },
  { op: "Gemm", opset: 7, x: [2, 3], constants: [sines([3, 2], 2), sines([2], 3)] },
  {
    op: "AveragePool",
    opset: 10,
    x: image,
    attributes: { kernel_shape: ints([3, 3]), strides: ints([2, 2]), pads: ints([1, 1, 1, 1]), ceil_mode: int(1) },
  },
  {
    op: "AveragePool",
    opset: 11,
    x: image,
    attributes: {
      kernel_shape: ints([3, 3]),
      strides: ints([2, 2]),
      pads: ints([1, 1, 1, 1]),
      count_include_pad: int(1),
    },
    as: "counting its padding",
  },
  { op: "LpPool", opset: 11, x: image, attributes: { kernel_shape: ints([2, 2]), p: int(2) } },
  { op: "Cast", opset: 9, x: [3, 4], attributes: { to: int(7) } },
];

/** A graph of one node in its opset. */
function modelOf({ op, opset, x, attributes = {}, constants = [], outputs = 1 }: Case): Graph {
  const type = "data" in x ? x.type : "float32";
  const results = Array.from({ length: outputs }, (_, i) => `y${i}`);
  const names = constants.map((_, i) => `c${i}`);
  return {
    name: op,
    opsets: { "": opset },
    inputs: [{ name: "x", type, shape: "data" in x ? x.shape : x }],
    outputs: results.map((name) => ({ name })),
    nodes: [{ op, domain: "", name: "old", inputs: ["x", ...names], outputs: results, attributes }],
    initializers: new Map(constants.map((tensor, i) => [`c${i}`, tensor])),
    metadata: {},
  };
}

async function run(graph: Graph, feeds: Tensors): Promise<Tensors> {
  const session = await Session.create(graph);
  const results = await session.run(feeds);
  await session.release();
  return results;
}

for (const { as, ...one } of cases)
  test(`${one.op}${as ? ` ${as}` : ""} of opset ${one.opset} computes the same when converted to opset 21`, async () => {
    const old = modelOf(one);
    const x = "data" in one.x ? one.x : sines(one.x);
    const normal = decodeModel(encodeModel(old));
    assert.equal(normal.opsets[""], 21);
    const [expected, got] = [await run(old, { x }), await run(normal, { x })];
    assert.deepEqual(Object.keys(got), Object.keys(expected));
    for (const [name, { type, shape, data }] of Object.entries(expected)) {
      assert.equal(got[name]?.type, type);
      assert.deepEqual(got[name]?.shape, shape);
      for (const [i, value] of [...data].entries())
        assert.ok(
          Math.abs(Number(got[name]?.data[i]) - Number(value)) <= 2e-6 * Math.max(1, Math.abs(Number(value))),
          `${name}[${i}]: ${got[name]?.data[i]}, not ${value}`,
        );
    }
  });

test("BatchNormalization with the outputs of training computes the same without them", async () => {
  const bare: Case = { op: "BatchNormalization", opset: 9, x: [2, 3, 4], constants: norms([3]) };
  const x = sines([2, 3, 4]);
  const old = modelOf({ ...bare, outputs: 5 });
  const normal = decodeModel(encodeModel({ ...old, outputs: [{ name: "y0" }] }));
  assert.deepEqual(await run(normal, { x }), await run(modelOf(bare), { x }));
});

test("an opset that is too old or too new is an error of one sentence", () => {
  const read = (op: string, opset: number) => decodeModel(encodeModel(modelOf({ op, opset, x: [2] })));
  assert.throws(() => read("Relu", 6), /cannot use the model: it is written for opset 6; Legible reads 7 to 26/);
  assert.throws(() => read("Relu", 27), /it is written for opset 27/);
  assert.throws(() => read("Scan", 8), /it uses the Scan of opset 8/);
});
