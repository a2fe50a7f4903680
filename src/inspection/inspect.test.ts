import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { halvingProcessor, residualProcessor } from "../../testing/processors.js";
import { temporaryFolder, writeClassifier } from "../../testing/workspace.js";
import { GraphBuilder } from "../onnx/builder.js";
import type { Graph } from "../onnx/graph.js";
import { float32, int64, zeros } from "../onnx/tensor.js";
import { writeModel } from "../platform/node/models.js";
import { inspectGraph } from "./inspect.js";
import { inspectModel } from "./inspect-file.js";
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

test("a classifier can serve as a recognizer of the size that its sidecar states", async (t) => {
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
  assert.match(processor.reason, /maps \[1, 3, 32, 32\] to \[1, 2\]/);
  assert.deepEqual(withoutLabels, ["logits"]);
  assert.deepEqual(found.notes, ["dynamic dimensions were tried as N = 1, H = 32, W = 32 (from its preprocessing)"]);
});

test("an operator without a rule is listed with its node and path, and the model can still evaluate", async (t) => {
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

test("`output` examines a value before the operator without a rule", async (t) => {
  const path = await withDeterminant(t);
  const name = "Relu_2";
  const found = await inspectModel(path, { output: name });
  assert.deepEqual(
    found.outputs.map((output) => [output.name, output.differentiable]),
    [[name, true]],
  );
  assert.deepEqual(
    [statusOf(found.operators, "Det"), statusOf(found.operators, "Relu")],
    ["off-path", "differentiable"],
  );
  await assert.rejects(
    inspectModel(path, { output: "nothing" }),
    /does not compute a value "nothing"; its outputs: logits/,
  );
});

test("flat operators and operators off the path block no gradient", async () => {
  const b = new GraphBuilder("beside");
  const x = b.input("x", ["N", 3]);
  const fixed = b.add("Det", [b.initializer("square", float32([1, 2, 3, 4], [2, 2]))]);
  b.output("y", b.Mul(x, fixed), ["N", 3]);
  b.output("best", b.add("ArgMax", [x]), [1, 3], "int64");
  const { operators, outputs } = await inspectGraph(b.build());
  assert.deepEqual(
    ["Mul", "Det", "ArgMax"].map((op) => statusOf(operators, op)),
    ["differentiable", "off-path", "flat"],
  );
  assert.deepEqual(
    outputs.map(({ reason }) => reason),
    [null, "int64 values have no gradient"],
  );
});

test("an output that only flat operators connect to the input is not differentiable", async () => {
  const b = new GraphBuilder("steps");
  b.output("y", b.add("Sign", [b.input("x", [2])], {}, "sign"), [2]);
  const { outputs } = await inspectGraph(b.build());
  assert.deepEqual(
    [outputs[0]?.differentiable, outputs[0]?.reason],
    [false, 'no gradient passes: Sign "sign" stops it'],
  );
});

test("an output behind rounding is differentiable, and the note names the node", async () => {
  const b = new GraphBuilder("rounded");
  b.output("y", b.add("Floor", [b.input("x", [2])], {}, "whole"), [2]);
  const { outputs, notes } = await inspectGraph(b.build());
  assert.equal(outputs[0]?.differentiable, true);
  assert.deepEqual(notes, ['gradients pass straight through rounding (Floor "whole")']);
});

test("the reason of an output is the error of the gradient rule that refuses it", async () => {
  const b = new GraphBuilder("learning");
  const training = b.constant({ type: "bool", shape: [], data: Uint8Array.of(1) });
  b.output("y", b.add("Dropout", [b.input("x", [1, 4]), "", training], {}, "drop"));
  const { outputs } = await inspectGraph(b.build());
  assert.match(outputs[0]?.reason ?? "", /^Dropout "drop" is in training mode/);
});

test("a processor's scale is found in a trial run of the size in `inputSize`", async () => {
  const { serves, notes } = await inspectGraph(residualProcessor(2), { inputSize: 20 });
  assert.deepEqual(serves.processor, {
    serves: true,
    scale: 2,
    inputSize: ["h", "w"],
    batch: { declared: null, group: null },
  });
  assert.deepEqual(notes, ["dynamic dimensions were tried as n = 1, h = 20, w = 20 (as set)"]);
});

const refusals: [string, Graph, RegExp, RegExp][] = [
  ["two inputs", build((b) => b.Add(b.input("x", [1, 3, 8, 8]), b.input("y", [1, 3, 8, 8]))), /2 inputs/, /2 inputs/],
  ["a vector", build((b) => b.input("x", [1, 3])), /input is \[1, 3\], not images/, /input is \[1, 3\], not images/],
  ["two channels", build((b) => b.input("x", [1, 2, 8, 8])), /2 channels, not 3 or 1/, /2 channels, not 3/],
  [
    "an image made smaller",
    build((b) => b.add("MaxPool", [b.input("x", [1, 3, 8, 8])], { kernel_shape: { kind: "ints", value: [2, 2] } })),
    /first output is \[1, 3, 7, 7\], not class scores/,
    /maps \[1, 3, 8, 8\] to \[1, 3, 7, 7\]/,
  ],
  [
    "images that are not square",
    build((b) => b.Flatten(b.GlobalAveragePool(b.input("x", [1, 3, 8, 6])))),
    /input is 8x6 pixels, not square/,
    /to \[1, 3\]/,
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

test("a model of NHWC images is tried on NHWC images", async () => {
  const graph = build((b) => b.ReduceMean(b.input("x", ["N", "H", "W", 3]), [1, 2], false));
  const { inputs, serves } = await inspectGraph(graph, { inputSize: 16 });
  assert.deepEqual(inputs[0]?.tried, [1, 16, 16, 3]);
  assert.ok(serves.recognizer.serves);
});

test("parameters are counted by the operator that uses them", async () => {
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

test("the note for a size that the model cannot run at is one sentence with the size and the setting that changes it", async () => {
  const b = new GraphBuilder("tied");
  b.output("y", b.Reshape(b.input("x", ["N", 3, "H", "W"]), [1, 3 * 16]));
  const { notes, outputs } = await inspectGraph(b.build());
  const note = notes.find((text) => text.includes("ONNX Runtime cannot run")) ?? "";
  assert.match(note, /ONNX Runtime cannot run tied: .*H = 224, W = 224; `inputSize` sets another side/);
  assert.doesNotMatch(note, /\n/);
  assert.deepEqual(outputs[0]?.tried, [1, 48]);
  assert.deepEqual((await inspectGraph(b.build(), { inputSize: 4 })).outputs[0]?.tried, [1, 48]);
  await assert.rejects(inspectGraph(b.build(), { inputSize: 5 }), /ONNX Runtime cannot run tied: .*H = 5, W = 5/);
});

/** Models without an image input, by their inputs; each has the output y. */
const withoutImages: Readonly<Record<string, (b: GraphBuilder) => string>> = {
  "a waveform [N, samples]": (b) => {
    const x = b.Unsqueeze(b.input("x", ["N", "samples"]), [1]);
    return b.ReduceMean(b.Conv(x, b.constant(zeros("float32", [8, 1, 400])), "", { strides: [160] }), [2], false);
  },
  "a spectrogram [N, 80, frames]": (b) =>
    b.ReduceMean(b.Conv(b.input("x", ["N", 80, "frames"]), b.constant(zeros("float32", [8, 80, 3]))), [2], false),
  "a video [N, 3, frames, height, width]": (b) =>
    b.GlobalAveragePool(b.Conv(b.input("x", ["N", 3, "T", "H", "W"]), b.constant(zeros("float32", [8, 3, 3, 3, 3])))),
  "a text [N, tokens]": (b) =>
    b.ReduceMean(b.Gather(b.constant(zeros("float32", [50, 8])), b.input("ids", ["N", "tokens"], "int64"), 0), [1]),
  "two scalars": (b) => b.Mul(b.input("x", []), b.input("y0", [])),
  "values of sizes that no trial meets": (b) => b.Relu(b.Reshape(b.input("x", ["N", "M"]), [7, 13])),
  "a size": (b) =>
    b.Mul(
      b.Cast(
        b.add("Range", [b.constant(int64([0], [])), b.input("n", [], "int64"), b.constant(int64([1], []))]),
        "float32",
      ),
      b.input("x", [1]),
    ),
};

for (const [title, build] of Object.entries(withoutImages))
  test(`a model of ${title} is inspected and serves neither as recognizer nor as processor, with the reason`, async () => {
    const b = new GraphBuilder("other");
    b.output("y", build(b));
    const { serves, outputs } = await inspectGraph(b.build());
    assert.equal(outputs.length, 1);
    for (const each of [serves.recognizer, serves.processor])
      assert.match(each.serves ? "" : each.reason, /^(its|it has) /);
  });

for (const [title, batch, type, expected] of [
  ["an open batch", "N", "float32", ""],
  ["a batch of 2 that the network does not need", 2, "float32", "; batch: fixed 2, runs with any"],
  ["an input of bytes", 2, "uint8", "; batch: fixed 2, runs with any"],
  ["an input of signed bytes", "N", "int8", ""],
  ["an input of double precision", "N", "float64", ""],
] as const)
  test(`the table describes ${title}`, async (t) => {
    const b = new GraphBuilder("classifier");
    const image = b.input("image", [batch, 3, 8, 8], type);
    const pooled = b.Flatten(b.GlobalAveragePool(b.Cast(image, "float32")));
    const head = b.constant(float32([1, 2, 3, -4, 5, 6], [3, 2]));
    b.output("y", b.MatMul(pooled, head), [batch, 2]);
    const path = join(temporaryFolder(t), "net.onnx");
    await writeModel(b.build(), path);
    const line = inspectionTable(await inspectModel(path))
      .split("\n")
      .find((text) => text.includes("recognizer  "));
    assert.equal(line, `  ✓  recognizer  2 classes, images of 8x8${expected}`);
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
  has(/✓ +recognizer +2 classes, images of 32x32; for evaluation only: its output is not differentiable/);
  for (const { op, count } of inspection.operators) has(new RegExp(`${op} +${count}$`));
});

test("the notes on a classifier without a sidecar state that its preprocessing is missing", async (t) => {
  const folder = temporaryFolder(t);
  await writeModel(
    build((b) => b.Flatten(b.GlobalAveragePool(b.input("x", [1, 3, 8, 8])))),
    join(folder, "bare.onnx"),
  );
  const { notes, serves } = await inspectModel(join(folder, "bare.onnx"));
  assert.ok(serves.recognizer.serves && serves.recognizer.preprocessing === null);
  assert.match(notes.join("\n"), /preprocessing of .*bare\.onnx is unknown/);
});

test("a file that is missing or not a model is refused", async (t) => {
  const path = join(temporaryFolder(t), "text.onnx");
  writeFileSync(path, "not a model");
  await assert.rejects(inspectModel(path), /text\.onnx is not/);
  await assert.rejects(inspectModel("nowhere.onnx"), /cannot read the model nowhere\.onnx: no such file/);
});

test("a processor that accepts even sizes only is tried on one", async () => {
  const { serves } = await inspectGraph(halvingProcessor());
  assert.ok(serves.processor.serves && serves.processor.scale === 1);
});
