import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { halvingProcessor, residualProcessor } from "../../testing/processors.js";
import { temporaryFolder, writeClassifier } from "../../testing/workspace.js";
import { GraphBuilder } from "../onnx/builder.js";
import type { Graph } from "../onnx/graph.js";
import { float32 } from "../onnx/tensor.js";
import { writeModel } from "../platform/node/models.js";
import { inspectGraph, inspectModel } from "./inspect.js";
import type { OperatorUse } from "./operators.js";
import { inspectionTable } from "./table.js";

/** A classifier that multiplies its features by the determinant of their corner, an operator without a rule. */
async function withDeterminant(t: TestContext): Promise<string> {
  const path = join(temporaryFolder(t), "odd.onnx");
  await writeClassifier(path, 32, (b, x) => {
    const corner = b.add("Det", [b.Slice(x, [2, 3], [0, 0], [2, 2])], {}, "corner/Det");
    return b.Mul(x, b.add("Reshape", [corner, b.integers([-1, 8, 1, 1])], {}, "corner/Reshape"));
  });
  return path;
}

const statusOf = (operators: readonly OperatorUse[], op: string) =>
  operators.find((operator) => operator.op === op)?.status;

test("a classifier can serve as a recognizer, of the size that its JSON says", async (t) => {
  const path = join(temporaryFolder(t), "classifier.onnx");
  await writeClassifier(path, 32);
  const found = await inspectModel(path);
  assert.deepEqual([found.opsets[""], found.producer], [21, "legible"]);
  assert.deepEqual(found.inputs, [
    { name: "input", type: "float32", shape: ["N", 3, "H", "W"], tried: [1, 3, 32, 32] },
  ]);
  assert.deepEqual(
    found.outputs.map(({ name, tried, differentiable }) => [name, tried, differentiable]),
    [["logits", [1, 2], true]],
  );
  const { recognizer, processor, withoutLabels } = found.serves;
  assert.ok(recognizer.serves && recognizer.trains);
  assert.deepEqual([recognizer.classes, recognizer.size, recognizer.preprocessing?.mean], [2, 32, [0.5, 0.5, 0.5]]);
  assert.ok(!processor.serves);
  assert.match(processor.reason, /turns \[1, 3, 32, 32\] into \[1, 2\]/);
  assert.deepEqual(withoutLabels, ["logits"]);
  assert.deepEqual(found.notes, ["open sizes were tried as N = 1, H = 32, W = 32 (from the file beside it)"]);
});

test("an operator without a rule is named with its node and the path, and the model can still judge", async (t) => {
  const found = await inspectModel(await withDeterminant(t));
  const det = found.operators.find(({ op }) => op === "Det");
  assert.deepEqual([det?.status, det?.count, det?.missing.length], ["missing", 1, 1]);
  const [missing] = det?.missing ?? [];
  assert.deepEqual([missing?.node, missing?.output], ["corner/Det", "logits"]);
  assert.equal(missing?.path.at(-1), "corner/Det");
  assert.equal(missing?.path.at(-2), "corner/Reshape");
  assert.equal(found.outputs[0]?.differentiable, false);
  assert.match(found.outputs[0]?.reason ?? "", /^the operator Det \(node "corner\/Det", reached from the loss through/);
  assert.ok(found.serves.recognizer.serves && !found.serves.recognizer.trains);
  assert.deepEqual(found.serves.withoutLabels, []);
});

test("a value before the operator without a rule is asked about with --output", async (t) => {
  const path = await withDeterminant(t);
  const name = "Relu_2";
  const found = await inspectModel(path, { output: name });
  assert.deepEqual(
    found.outputs.map((output) => [output.name, output.differentiable]),
    [[name, true]],
  );
  assert.deepEqual([statusOf(found.operators, "Det"), statusOf(found.operators, "Relu")], ["aside", "differentiable"]);
  await assert.rejects(inspectModel(path, { output: "nothing" }), /computes no value "nothing"; its outputs: logits/);
});

test("flat operators are no obstacles, and those beside the way do not matter", async () => {
  const b = new GraphBuilder("beside");
  const x = b.input("x", ["N", 3]);
  const fixed = b.add("Det", [b.initializer("square", float32([1, 2, 3, 4], [2, 2]))]);
  b.output("y", b.Mul(x, fixed), ["N", 3]);
  b.output("best", b.add("ArgMax", [x]), [1, 3], "int64");
  const { operators, outputs } = await inspectGraph(b.build());
  assert.deepEqual(
    ["Mul", "Det", "ArgMax"].map((op) => statusOf(operators, op)),
    ["differentiable", "aside", "flat"],
  );
  assert.deepEqual(
    outputs.map(({ reason }) => reason),
    [null, "int64 values have no gradient"],
  );
});

test("an output from which only flat operators lead to the input has no gradient", async () => {
  const b = new GraphBuilder("steps");
  b.output("y", b.add("Floor", [b.input("x", [2])]), [2]);
  const { outputs } = await inspectGraph(b.build());
  assert.deepEqual([outputs[0]?.differentiable, outputs[0]?.reason], [false, "no gradient leads from it to an input"]);
});

test("what a rule refuses is said of the output", async () => {
  const b = new GraphBuilder("learning");
  const training = b.constant({ type: "bool", shape: [], data: Uint8Array.of(1) });
  b.output("y", b.add("Dropout", [b.input("x", [1, 4]), "", training], {}, "drop"));
  const { outputs } = await inspectGraph(b.build());
  assert.match(outputs[0]?.reason ?? "", /^Dropout "drop" is in training mode/);
});

test("a processor's scale is found, and the size that it is tried on can be chosen", async () => {
  const { serves, notes } = await inspectGraph(residualProcessor(2), { inputSize: 20 });
  assert.deepEqual(serves.processor, { serves: true, scale: 2, takes: ["h", "w"] });
  assert.deepEqual(notes, ["open sizes were tried as n = 1, h = 20, w = 20 (as asked)"]);
});

const refusals: [string, Graph, RegExp, RegExp][] = [
  ["two inputs", build((b) => b.Add(b.input("x", [1, 3, 8, 8]), b.input("y", [1, 3, 8, 8]))), /2 inputs/, /2 inputs/],
  ["a vector", build((b) => b.input("x", [1, 3])), /input is \[1, 3\], not images/, /input is \[1, 3\], not images/],
  ["one channel", build((b) => b.input("x", [1, 1, 8, 8])), /1 channels, not 3/, /1 channels, not 3/],
  [
    "a picture made smaller",
    build((b) => b.add("MaxPool", [b.input("x", [1, 3, 8, 8])], { kernel_shape: { kind: "ints", value: [2, 2] } })),
    /first output is \[1, 3, 7, 7\], not class scores/,
    /turns \[1, 3, 8, 8\] into \[1, 3, 7, 7\]/,
  ],
  [
    "pictures that are not square",
    build((b) => b.Flatten(b.GlobalAveragePool(b.input("x", [1, 3, 8, 6])))),
    /pictures of 8x6, not square/,
    /into \[1, 3\]/,
  ],
];

function build(make: (b: GraphBuilder) => string): Graph {
  const b = new GraphBuilder("refused");
  b.output("out", make(b));
  return b.build();
}

for (const [name, graph, recognizer, processor] of refusals)
  test(`a model of ${name} serves neither as recognizer nor as processor, and the reason is given`, async () => {
    const { serves } = await inspectGraph(graph);
    assert.ok(!serves.recognizer.serves && !serves.processor.serves);
    assert.match(serves.recognizer.reason, recognizer);
    assert.match(serves.processor.reason, processor);
  });

test("pictures with the channels last are tried as such", async () => {
  const graph = build((b) => b.ReduceMean(b.input("x", ["N", "H", "W", 3]), [1, 2], false));
  const { inputs, serves } = await inspectGraph(graph, { inputSize: 16 });
  assert.deepEqual(inputs[0]?.tried, [1, 16, 16, 3]);
  assert.ok(serves.recognizer.serves);
});

test("parameters are counted by the operator that they serve", async () => {
  const b = new GraphBuilder("parts");
  const of = (name: string) => b.initializer(name, float32([1, 1]));
  const convolved = b.Conv(b.input("x", [1, 3, 4, 4]), b.initializer("w", float32(new Float32Array(54), [2, 3, 3, 3])));
  b.output("y", b.add("BatchNormalization", [convolved, of("scale"), of("shift"), of("mean"), of("variance")]));
  const { parameters } = await inspectGraph(b.build());
  assert.deepEqual(parameters, [
    { kind: "Conv", trainable: true, tensors: 1, values: 54, bytes: 216 },
    { kind: "BatchNormalization", trainable: true, tensors: 2, values: 4, bytes: 16 },
    { kind: "running statistics", trainable: false, tensors: 2, values: 4, bytes: 16 },
  ]);
});

test("a size that the model cannot run at gets one sentence with the size and the way out", async () => {
  const b = new GraphBuilder("tied");
  b.output("y", b.Reshape(b.input("x", ["N", 3, "H", "W"]), [1, 3 * 16]));
  await assert.rejects(inspectGraph(b.build()), (error: Error) => {
    assert.equal(error.name, "UserError");
    assert.match(error.message, /^ONNX Runtime cannot run tied: .*H = 224, W = 224; --input-size takes another side/);
    assert.doesNotMatch(error.message, /\n/);
    return true;
  });
  assert.deepEqual((await inspectGraph(b.build(), { inputSize: 4 })).outputs[0]?.tried, [1, 48]);
});

test("the table has every value, operator and reason", async (t) => {
  const path = await withDeterminant(t);
  const inspection = await inspectModel(path);
  const lines = inspectionTable(inspection).split("\n");
  const has = (pattern: RegExp) =>
    assert.ok(
      lines.some((line) => pattern.test(line)),
      `${pattern}`,
    );
  has(/^ {2}input +float32 +\[N, 3, H, W\] +tried as \[1, 3, 32, 32\]$/);
  has(/^ {2}✗ +Det +1$/);
  has(/^ {6}the operator Det \(node "corner\/Det", reached from the loss through/);
  has(/✓ +recognizer +2 classes, pictures of 32x32; to judge with, not to train with/);
  for (const { op, count } of inspection.operators) has(new RegExp(`${op} +${count}$`));
});

test("a classifier without its JSON gets the question how it wants its images", async (t) => {
  const folder = temporaryFolder(t);
  await writeModel(
    build((b) => b.Flatten(b.GlobalAveragePool(b.input("x", [1, 3, 8, 8])))),
    join(folder, "bare.onnx"),
  );
  const { notes, serves } = await inspectModel(join(folder, "bare.onnx"));
  assert.ok(serves.recognizer.serves && serves.recognizer.preprocessing === null);
  assert.match(notes.join("\n"), /preprocessing of .*bare\.onnx is unknown/);
});

test("a file that is missing or no model is refused", async (t) => {
  const path = join(temporaryFolder(t), "text.onnx");
  writeFileSync(path, "not a model");
  await assert.rejects(inspectModel(path), /text\.onnx is not/);
  await assert.rejects(inspectModel("nowhere.onnx"), /cannot read the model nowhere\.onnx: no such file/);
});

test("a processor that takes even sizes only is tried on one", async () => {
  const { serves } = await inspectGraph(halvingProcessor());
  assert.ok(serves.processor.serves && serves.processor.scale === 1);
});
