import assert from "node:assert/strict";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryFolder } from "../../testing/workspace.js";
import { readModel, writeModel } from "../platform/node/models.js";
import { probe } from "../runtime/probe.js";
import { Session } from "../runtime/session.js";
import { GraphBuilder, int } from "./builder.js";
import { type Graph, specialize, withOutputs } from "./graph.js";
import { float32, type Tensor, toNumbers } from "./tensor.js";

/** y = relu(x·w), and nodes that no output needs. */
function sample(): Graph {
  const b = new GraphBuilder("sample");
  const x = b.input("x", ["N", 4]);
  const w = b.initializer(
    "w",
    float32(
      Float32Array.from({ length: 1024 }, (_, i) => Math.sin(i)),
      [4, 256],
    ),
  );
  const product = b.MatMul(x, w);
  b.Exp(b.initializer("unused", float32([1, 2, 3])));
  b.output("y", b.Relu(product), ["N", 256]);
  return b.build({ note: "kept" });
}

const feed = { x: float32([1, -2, 3, 0.5], [1, 4]) };

async function outputsOf(graph: Graph | string): Promise<Record<string, Tensor>> {
  const session = await Session.create(graph);
  return session.run(feed);
}

test("a built graph has no node and no initializer that no output needs", () => {
  const graph = sample();
  assert.deepEqual([...graph.initializers.keys()], ["w"]);
  assert.deepEqual(
    graph.nodes.map(({ op }) => op),
    ["MatMul", "Relu", "Identity"],
  );
});

for (const external of [false, true])
  test(`a graph written with weights ${external ? "beside" : "inside"} the file reads back and computes the same`, async (t) => {
    const path = join(temporaryFolder(t), "sample.onnx");
    await writeModel(sample(), path, external);
    const read = await readModel(path);
    assert.deepEqual(read.metadata, { note: "kept" });
    assert.deepEqual(read.inputs, sample().inputs);
    assert.deepEqual(read.nodes, sample().nodes);
    const expected = await outputsOf(sample());
    assert.deepEqual((await outputsOf(read)).y?.data, expected.y?.data);
    assert.deepEqual((await outputsOf(path)).y?.data, expected.y?.data);
  });

test("a missing file of external weights is named", async (t) => {
  const path = join(temporaryFolder(t), "sample.onnx");
  await writeModel(sample(), path, true);
  rmSync(`${path}.data`);
  await assert.rejects(readModel(path), /keeps its weights in sample\.onnx\.data, which is not beside it/);
});

test("a truncated file is a UserError or a model, never a crash", async (t) => {
  const path = join(temporaryFolder(t), "sample.onnx");
  await writeModel(sample(), path);
  const bytes = readFileSync(path);
  for (let length = 0; length < bytes.length; length += 37) {
    writeFileSync(path, bytes.subarray(0, length));
    await readModel(path).catch((error: Error) => assert.equal(error.name, "UserError", error.stack));
  }
});

test("a graph that is inlined twice computes the same twice, without a clash of names", async () => {
  const b = new GraphBuilder("twice");
  const x = b.input("x", [1, 4]);
  const [one, two] = ["a/", "b/"].map((prefix) => b.inline(sample(), { x }, prefix).y as string);
  b.output("sum", b.Add(one as string, two as string));
  const { y } = await outputsOf(sample());
  const { sum } = await outputsOf(b.build());
  assert.deepEqual(sum?.data, y && Float32Array.from(toNumbers(y), (v) => 2 * v));
});

test("the probe reports every shape and folds shape arithmetic into constants", async () => {
  const b = new GraphBuilder("shapes");
  const x = b.input("x", ["N", 4]);
  const rows = b.Gather(b.Shape(x), b.integers([0]), 0);
  b.output("y", b.add("Reshape", [x, b.Concat([rows, b.integers([2, 2])], 0)], { allowzero: int(0) }));
  const { graph, shapes } = await probe(specialize(b.build(), { x: [3, 4] }));
  assert.deepEqual(shapes.get("y"), [3, 2, 2]);
  assert.deepEqual(
    graph.nodes.map(({ op }) => op),
    ["Reshape", "Identity"],
  );
});

test("a probe with shape inference finds the same as one that runs the graph, including sizes that depend on data", async () => {
  const b = new GraphBuilder("shapes");
  const x = b.input("x", [3, 4]);
  const rows = b.Gather(b.Shape(x), b.integers([0]), 0);
  const reshaped = b.Reshape(b.Conv(b.Reshape(x, [1, 1, 3, 4]), b.filled(1, [2, 1, 2, 2])), [-1]);
  b.output("number", b.ReduceSum(b.add("Reshape", [x, b.Concat([rows, b.integers([2, 2])], 0)]), undefined, false));
  b.output("indices", b.add("NonZero", [b.Add(reshaped, b.one)]), undefined, "int64");
  const graph = b.build();
  const [run, inferred] = [await probe(graph), await probe(graph, { runs: true })];
  assert.deepEqual(new Map([...inferred.shapes].sort()), new Map([...run.shapes].sort()));
  assert.deepEqual(run.shapes.get("number"), []);
  assert.deepEqual(run.shapes.get("indices"), [1, 12]);
  assert.deepEqual(inferred.graph, run.graph);
});

test("a probe of a graph with an open size is an error that names the size", async () => {
  await assert.rejects(probe(sample()), /the input "x" has the open size "N"/);
});

test("a graph with other outputs has only the nodes that they need", () => {
  const b = GraphBuilder.from(sample());
  const product = sample().nodes[0]?.outputs[0] as string;
  b.output("product", product);
  assert.deepEqual(
    withOutputs(b.build(), ["product"]).nodes.map(({ op }) => op),
    ["MatMul", "Identity"],
  );
});

test("a new value gets a name that no subgraph uses", () => {
  const inside = new GraphBuilder("branch");
  inside.output("branch", inside.Neg("x"));
  const taken = inside.build().nodes[0]?.outputs[0];
  const value = inside.build();
  const b = new GraphBuilder("outer");
  const condition = b.input("condition", [], "bool");
  b.input("x", [2]);
  const branch = { kind: "graph" as const, value };
  b.output("y", b.add("If", [condition], { then_branch: branch, else_branch: branch }));
  for (const extended of [GraphBuilder.from(b.build()), GraphBuilder.rewriting(b.build())])
    for (let i = 0; i < 5; i++) assert.notEqual(extended.Neg("x"), taken);
});
