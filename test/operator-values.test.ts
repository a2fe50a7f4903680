import assert from "node:assert/strict";
import { test } from "node:test";
import { lossGradients } from "../src/inspection/gradient.js";
import { GraphBuilder, int, ints, string } from "../src/onnx/builder.js";
import type { Attribute } from "../src/onnx/graph.js";
import { withOutputs } from "../src/onnx/graph.js";
import { float32, int64, sizeOf, type Tensor, toNumbers } from "../src/onnx/tensor.js";
import { readModel } from "../src/platform/node/models.js";
import { probe } from "../src/runtime/probe.js";
import { sharedPath, skipWithoutShared as skip } from "../testing/shared.js";

/** scale·sin(1.3·i + phase): the values that the reference was computed with, too. */
const wave = (shape: readonly number[], phase: number, change = (value: number) => value): Tensor =>
  float32(
    Array.from({ length: sizeOf(shape) }, (_, i) => change(Math.sin(1.3 * i + phase))),
    shape,
  );

/** An operator on x and constants, and d Σ y·sin(1.3·i + 0.5) / d x from PyTorch 2.13 in float64. */
interface Value {
  readonly op: string;
  readonly x: Tensor;
  /** The inputs of the node; by default x, then the constants. */
  readonly inputs?: (x: string, constants: readonly string[]) => string[];
  readonly constants: readonly Tensor[];
  readonly attributes: Readonly<Record<string, Attribute>>;
  /** The value of y from the outputs of the node; by default the first. */
  readonly y?: (b: GraphBuilder, outputs: readonly string[]) => string;
  readonly gradient: readonly number[];
}

const recurrent = (op: string, gates: number, gradient: readonly number[]): Value => ({
  op,
  x: wave([3, 2, 2], 0),
  constants: [wave([2, 2 * gates, 2], 1), wave([2, 2 * gates, 2], 2), wave([2, 4 * gates], 3)],
  attributes: {
    hidden_size: int(2),
    direction: string("bidirectional"),
    ...(op === "GRU" && { linear_before_reset: int(1) }),
  },
  gradient,
});

const integer = (value: number): Tensor => int64([value], []);

const values: readonly Value[] = [
  recurrent(
    "LSTM",
    4,
    [0.19113, -0.11815, -0.10924, 0.01018, -0.25985, 0.16994, -0.11169, 0.08876, 0.06906, -0.07978, -0.03567, 0.20586],
  ),
  recurrent(
    "GRU",
    3,
    [0.33514, 0.34867, -0.51339, -0.07902, 0.23188, 0.16572, 0.58423, 0.32403, -0.30946, -0.14719, 0.31041, 0.13726],
  ),
  {
    op: "Col2Im",
    x: wave([1, 4, 8], 0),
    constants: [int64([3, 4]), int64([2, 2])],
    attributes: { pads: ints([1, 0, 1, 0]), strides: ints([1, 2]) },
    gradient: [
      0, 0, 0.47943, 0.04158, -0.55069, 0.90217, -0.99544, 0.80378, 0, 0, 0.97385, -0.9516, 0.65699, -0.17433, -0.35823,
      0.78825, 0.47943, 0.04158, -0.55069, 0.90217, -0.99544, 0.80378, 0, 0, 0.97385, -0.9516, 0.65699, -0.17433,
      -0.35823, 0.78825, 0, 0,
    ],
  },
  {
    op: "DFT",
    x: wave([2, 5, 1], 0),
    inputs: (x, [axis = ""]) => [x, "", axis],
    constants: [integer(1)],
    attributes: { onesided: int(1) },
    gradient: [-0.02968, 1.45665, 1.45978, -0.90855, 0.41893, 0.71052, -0.17834, 2.91611, 0.99565, 0.06692],
  },
  {
    op: "STFT",
    x: wave([1, 10, 1], 0),
    constants: [integer(2), wave([4], 1, (value) => Math.abs(value) + 0.5)],
    attributes: { onesided: int(1) },
    gradient: [-0.03981, 2.46863, 0.84679, 0.6852, 2.68879, -2.79245, -0.55664, -0.98653, -2.50499, 0.36816],
  },
  {
    op: "AffineGrid",
    x: wave([1, 2, 3], 0),
    constants: [int64([1, 1, 2, 3])],
    attributes: {},
    gradient: [-0.75233, 0.3701, 0.68084, 0.43048, -0.21177, 0.93493],
  },
  {
    op: "Mod",
    x: wave([4], 1, (value) => value + 2),
    inputs: (x, [dividend = ""]) => [dividend, x],
    constants: [wave([4], 0, (value) => 3 * value)],
    attributes: { fmod: int(1) },
    gradient: [0, -0.97385, 0, -1.9032],
  },
  {
    op: "RotaryEmbedding",
    x: wave([1, 1, 3, 4], 0),
    constants: [wave([1, 3, 2], 1, Math.cos), wave([1, 3, 2], 1, Math.sin)],
    attributes: {},
    gradient: [
      0.35048, 0.06975, -0.32976, -1.3598, -0.88397, 0.50963, 0.57946, 0.44977, -1.05871, 0.42377, 0.7184, 0.75504,
    ],
  },
  {
    op: "LayerNormalization",
    x: wave([2, 4], 0),
    constants: [wave([4], 1)],
    attributes: {},
    y: (b, [, mean = "", inverse = ""]) => b.Add(b.Mul(mean, b.scalar(3)), b.Mul(inverse, b.scalar(2))),
    gradient: [0.56388, -0.43127, 0.03148, 1.27419, 2.38909, 0.64665, -0.59593, 0.48173],
  },
];

for (const { op, x, constants, attributes, gradient, inputs, y } of values)
  test(`${op}: the gradient equals PyTorch's`, async () => {
    const b = new GraphBuilder(op, op === "RotaryEmbedding" ? 23 : undefined);
    const name = b.input("x", x.shape);
    const fixed = constants.map((tensor) => b.constant(tensor));
    const given = inputs?.(name, fixed) ?? [name, ...fixed];
    const outputs = b.addMany(op, given, attributes, op === "LayerNormalization" ? 3 : 1);
    b.output("y", y?.(b, outputs) ?? (outputs[0] as string));
    const graph = b.build();
    const shape = (await probe(graph)).shapes.get("y") ?? [];
    const { gradients } = await lossGradients(graph, { x, weight: wave(shape, 0.5) }, { loss: "weighted-sum" });
    assertNear(gradients.x, gradient);
  });

function assertNear(got: Tensor | undefined, expected: readonly number[]): void {
  assert.equal(got?.data.length, expected.length);
  for (const [i, value] of expected.entries())
    assert.ok(Math.abs(Number(got?.data[i]) - value) < 1e-4, `element ${i} is ${got?.data[i]}, not ${value}`);
}

const model = (name: string) => readModel(sharedPath("reference", "faults", "models", `${name}.onnx`));

test("sequence.onnx: the gradient is that of sin x beside x", { skip }, async () => {
  const [x, weight] = [wave([1, 3, 6, 6], 0), wave([1, 6, 6, 6], 1)];
  const { gradients } = await lossGradients(await model("sequence"), { x, weight }, { loss: "weighted-sum" });
  const w = toNumbers(weight);
  assertNear(
    gradients.x,
    toNumbers(x).map((value, i) => (w[i] ?? 0) * Math.cos(value) + (w[i + 108] ?? 0)),
  );
});

test("sparse.onnx: the gradient is the product with the transposed dense matrix", { skip }, async () => {
  const [x, weight] = [wave([1, 3, 6, 6], 0), wave([1, 3, 6, 6], 1)];
  const graph = withOutputs(await model("sparse"), ["y"]);
  const { gradients } = await lossGradients(graph, { x, weight }, { loss: "weighted-sum" });
  // The matrix is 2 at row 0 and column 0.
  assertNear(
    gradients.x,
    toNumbers(weight).map((value, i) => (i % 6 === 0 ? 2 * value : 0)),
  );
});
