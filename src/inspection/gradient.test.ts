import assert from "node:assert/strict";
import { test } from "node:test";
import { GraphBuilder } from "../onnx/builder.js";
import type { Graph } from "../onnx/graph.js";
import { float32, int64, type Tensor, toNumbers } from "../onnx/tensor.js";
import type { Tensors } from "../runtime/session.js";
import { lossGradients } from "./gradient.js";

/** y = x·w for w = [[3, 4], [5, 6]], and z = y². */
function twoOutputs(): Graph {
  const b = new GraphBuilder("two outputs");
  const x = b.input("x", ["N", 2]);
  const w = b.initializer("dense/w.0", float32([3, 4, 5, 6], [2, 2]));
  const y = b.output("y", b.add("MatMul", [x, w], {}, "y"), ["N", 2]);
  b.output("z", b.Mul(y, y), ["N", 2]);
  return b.build();
}

/** y = x, of any shape. */
function mirror(shape: readonly (number | string)[]): Graph {
  const b = new GraphBuilder("mirror");
  b.output("y", b.input("x", shape), shape);
  return b.build();
}

const x = float32([1, 2], [1, 2]);
const values = (tensor: Tensor | undefined) => toNumbers(tensor as Tensor);
const near = (tensor: Tensor | undefined, expected: readonly number[]) => {
  assert.equal(tensor?.data.length, expected.length);
  for (const [i, value] of expected.entries()) assert.ok(Math.abs(Number(tensor?.data[i]) - value) < 1e-6, `${i}`);
};

test("a weighted sum is computed from the first output, and its gradients are those of a product", async () => {
  const options = { loss: "weighted-sum", wrt: ["x", "dense/w.0", "y"] } as const;
  const found = await lossGradients(twoOutputs(), { x, weight: float32([1, 10], [1, 2]) }, options);
  assert.deepEqual([found.outputs, found.independent], [["y"], []]);
  assert.deepEqual([found.loss.shape, values(found.loss)], [[1], [173]]);
  assert.deepEqual(Object.keys(found.gradients), options.wrt);
  assert.deepEqual(values(found.gradients.x), [43, 65]);
  assert.deepEqual(values(found.gradients["dense/w.0"]), [1, 10, 2, 20]);
  assert.deepEqual(values(found.gradients.y), [1, 10]);
});

test("weights of several outputs give the sum over those outputs", async () => {
  const weights = { "weight.y": float32([1, 10], [1, 2]), "weight.z": float32([1, 0], [1, 2]) };
  const { loss, gradients } = await lossGradients(twoOutputs(), { x, ...weights }, { loss: "weighted-sum" });
  assert.deepEqual(values(loss), [173 + 169]);
  assert.deepEqual(values(gradients.x), [121, 195]);
});

test("the mean squared error is the mean over all elements of the value that `output` names", async () => {
  const target = float32([11, 17], [1, 2]);
  const { loss, gradients } = await lossGradients(twoOutputs(), { x, target }, { loss: "mse", output: "y" });
  assert.deepEqual(values(loss), [2.5]);
  assert.deepEqual(values(gradients.x), [2 * 3 - 1 * 4, 2 * 5 - 1 * 6]);
});

test("cross-entropy is the mean over the images", async () => {
  const logits = float32([0, Math.log(3), 0, Math.log(3)], [2, 2]);
  const tensors = { x: logits, labels: int64([0, 1]) };
  const { loss, gradients } = await lossGradients(mirror(["N", 2]), tensors, { loss: "cross-entropy" });
  near(loss, [(Math.log(4) + Math.log(4 / 3)) / 2]);
  near(gradients.x, [-0.375, 0.375, 0.125, -0.125]);
});

test("cross-entropy is the mean over the positions of an image", async () => {
  const logits = float32([0, 0, Math.log(3), 0], [1, 2, 1, 2]);
  const tensors = { x: logits, labels: int64([0, 1], [1, 1, 2]) };
  const { loss, gradients } = await lossGradients(mirror([1, 2, "H", "W"]), tensors, { loss: "cross-entropy" });
  near(loss, [(Math.log(4) + Math.log(2)) / 2]);
  near(gradients.x, [-0.375, 0.25, 0.375, -0.25]);
});

test("bool and int64 inputs keep their type", async () => {
  const b = new GraphBuilder("fed");
  const data = b.input("data", ["N"]);
  const kept = b.Where(b.input("kept", ["N"], "bool"), data, b.zero);
  b.output("y", b.Mul(kept, b.Cast(b.input("times", ["N"], "int64"), "float32")), ["N"]);
  const tensors: Tensors = {
    data: float32([1, 2, 4]),
    kept: { type: "bool", shape: [3], data: Uint8Array.of(1, 0, 1) },
    times: int64([5, 6, 7]),
    weight: float32([1, 10, 100]),
  };
  const { loss, gradients } = await lossGradients(b.build(), tensors, { loss: "weighted-sum" });
  assert.deepEqual(values(loss), [5 + 0 + 2800]);
  assert.deepEqual([Object.keys(gradients), values(gradients.data)], [["data"], [5, 0, 700]]);
});

test("a value computed from initializers alone has a gradient", async () => {
  const b = new GraphBuilder("negated");
  const w = b.initializer("w", float32([3, 4, 5, 6], [2, 2]));
  const turned = b.Transpose(b.add("Neg", [w], {}, "negated"), [1, 0]);
  b.output("y", b.MatMul(b.input("x", ["N", 2]), turned), ["N", 2]);
  const tensors = { x, weight: float32([1, 10], [1, 2]) };
  const { gradients } = await lossGradients(b.build(), tensors, { loss: "weighted-sum", wrt: ["negated"] });
  assert.deepEqual(values(gradients.negated), [1, 2, 10, 20]);
});

test("the gradient of a value that the loss does not depend on is zero, and the value is listed", async () => {
  const options = { loss: "weighted-sum", output: "y", wrt: ["x", "z"] } as const;
  const found = await lossGradients(twoOutputs(), { x, weight: float32([1, 10], [1, 2]) }, options);
  assert.deepEqual(found.independent, ["z"]);
  assert.deepEqual(
    [found.gradients.z?.shape, values(found.gradients.z)],
    [
      [1, 2],
      [0, 0],
    ],
  );
});

test("all parameters are the inputs and the weights that the loss depends on, without running statistics", async () => {
  const b = new GraphBuilder("normed");
  const [image, side] = [b.input("image", ["N", 1, 2, 2]), float32([1])];
  const part = (name: string, value: number) => b.initializer(name, float32([value], [1]));
  const weight = b.initializer("conv.w", float32([2], [1, 1, 1, 1]));
  const convolved = b.Conv(b.Mul(image, b.constant(side)), weight);
  const norm = [part("scale", 3), part("shift", 1), part("mean", 0), part("variance", 1)];
  b.output("y", b.add("BatchNormalization", [convolved, ...norm]), ["N", 1, 2, 2]);
  b.output("other", b.Conv(image, b.initializer("unused.w", float32([1], [1, 1, 1, 1]))), ["N", 1, 2, 2]);
  const ones = float32([1, 1, 1, 1], [1, 1, 2, 2]);
  const options = { loss: "weighted-sum", output: "y", allParameters: true } as const;
  const { gradients } = await lossGradients(b.build(), { image: ones, weight: ones }, options);
  assert.deepEqual(Object.keys(gradients), ["image", "conv.w", "scale", "shift"]);
  near(gradients.shift, [4]);
});

const given = { x, weight: float32([1, 10], [1, 2]) };
const odd = { x, labels: int64([2]) };
const cases: [string, Tensors, Parameters<typeof lossGradients>[2], RegExp][] = [
  [
    "a missing input",
    { weight: given.weight },
    { loss: "weighted-sum" },
    /missing tensor "x" \(float32 \[N, 2\]\); given: weight float32 \[1, 2\]/,
  ],
  ["a missing target", given, { loss: "mse" }, /missing tensor "target" \(float32 \[1, 2\]\); given: x float32/],
  [
    "an input of another type",
    { ...given, x: int64([1, 2], [1, 2]) },
    { loss: "weighted-sum" },
    /"x" is int64 \[1, 2\]/,
  ],
  [
    "an input of another shape",
    { ...given, x: float32([1, 2, 3], [1, 3]) },
    { loss: "weighted-sum" },
    /"x" is float32 \[1, 3\]; expected float32 \[N, 2\]/,
  ],
  ["an input of another rank", { ...given, x: float32([1, 2]) }, { loss: "weighted-sum" }, /"x" is float32 \[2\]/],
  [
    "a weight of another shape",
    { x, weight: float32([1]) },
    { loss: "weighted-sum" },
    /"weight" is float32 \[1\]; expected float32 \[1, 2\]/,
  ],
  ["labels of another type", { x, labels: float32([0]) }, { loss: "cross-entropy" }, /"labels" is float32 \[1\]/],
  ["a label out of range", odd, { loss: "cross-entropy" }, /label 2 is out of range: "y" has 2 classes, 0 to 1/],
  ["a negative label", { x, labels: int64([-1]) }, { loss: "cross-entropy" }, /label -1 is out of range/],
  ["an unknown output", given, { loss: "mse", output: "q" }, /does not compute a value "q"; its outputs: y, z/],
  [
    "an unknown name in `wrt`",
    given,
    { loss: "weighted-sum", wrt: ["v"] },
    /no value "v"; its inputs: x; its initializers: dense\/w\.0/,
  ],
];

for (const [name, tensors, options, expected] of cases)
  test(`${name} is refused in one sentence`, () =>
    assert.rejects(lossGradients(twoOutputs(), tensors, options), (error: Error) => {
      assert.equal(error.name, "UserError");
      assert.match(error.message, expected);
      return true;
    }));

test("an integer input has no gradient", async () => {
  const b = new GraphBuilder("whole");
  b.output("y", b.Cast(b.input("x", [2], "int64"), "float32"), [2]);
  const tensors = { x: int64([1, 2]), weight: float32([1, 1]) };
  const graph = b.build();
  await assert.rejects(lossGradients(graph, tensors, { loss: "weighted-sum" }), /has no float32 input/);
  await assert.rejects(lossGradients(graph, tensors, { loss: "weighted-sum", wrt: ["x"] }), /"x" of whole is int64/);
});
