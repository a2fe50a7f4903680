import assert from "node:assert/strict";
import { test } from "node:test";
import { probe } from "../runtime/probe.js";
import { Session } from "../runtime/session.js";
import { GraphBuilder } from "./builder.js";
import { decodeModel } from "./decode.js";
import { encodeModel } from "./encode.js";
import { type Graph, specialize } from "./graph.js";
import { float32, type Tensor } from "./tensor.js";

/** A branch: a graph without inputs that reads values of the graph around it. */
function branch(make: (b: GraphBuilder) => string, name = "result"): { kind: "graph"; value: Graph } {
  const b = new GraphBuilder("branch");
  b.output(name, make(b));
  return { kind: "graph", value: b.build() };
}

const bool = (value: boolean): Tensor => ({ type: "bool", shape: [], data: Uint8Array.of(Number(value)) });
const x = float32([1, -2, 3, 4], [1, 4]);

/** 10x or x + 1: the branches use the same names inside. */
function choosing(b: GraphBuilder, condition: string, input: string): string {
  return b.add("If", [condition], {
    then_branch: branch((inner) => inner.Mul(input, inner.initializer("factor", float32([10], [])))),
    else_branch: branch((inner) => inner.Add(input, inner.initializer("factor", float32([1], [])))),
  });
}

async function outputsOf(graph: Graph): Promise<Record<string, Tensor>> {
  const session = await Session.create(graph);
  const results = await session.run({ x });
  await session.release();
  return results;
}

const hasIf = (graph: Graph) => graph.nodes.some(({ op }) => op === "If");

for (const condition of [true, false])
  test(`an If with the constant condition ${condition} is replaced by its branch`, async () => {
    const b = new GraphBuilder("constant");
    const input = b.input("x", ["N", 4]);
    const chosen = b.constant(bool(condition));
    b.output("y", choosing(b, chosen, choosing(b, chosen, input)));
    const graph = b.build();
    const read = decodeModel(encodeModel(graph));
    assert.ok(!hasIf(read));
    assert.deepEqual((await outputsOf(read)).y, (await outputsOf(graph)).y);
  });

test("a branch inside a branch is inlined, too, and so is a branch that returns its input", async () => {
  const b = new GraphBuilder("nested");
  const input = b.input("x", ["N", 4]);
  const yes = b.constant(bool(true));
  const same = branch((inner) => inner.Identity(input));
  const both = { then_branch: branch((inner) => choosing(inner, yes, input)), else_branch: same };
  b.output("y", b.add("If", [yes], both));
  b.output("z", b.add("If", [b.Not(yes)], both));
  const graph = b.build();
  const read = decodeModel(encodeModel(graph));
  assert.deepEqual(read.nodes.filter(({ op }) => op === "If").length, 1);
  const folded = (await probe(specialize(read, { x: [1, 4] }))).graph;
  assert.ok(!hasIf(folded));
  assert.deepEqual(await outputsOf(folded), await outputsOf(graph));
});

test("the probe inlines the branch of a condition that depends on sizes alone, and reports the shapes of the branch", async () => {
  const b = new GraphBuilder("rank");
  const input = b.input("x", ["N", "M"]);
  const rank = b.Gather(b.Shape(b.Shape(input)), b.integers([0]), 0);
  const wide = b.Greater(b.Gather(b.Shape(input), b.integers([1]), 0), b.integers([3]));
  const first = b.add("If", [b.Equal(rank, b.integers([2]))], {
    then_branch: branch((inner) => inner.add("Concat", [input, input], { axis: { kind: "int", value: 1 } })),
    else_branch: branch((inner) => inner.Identity(input)),
  });
  b.output("y", choosing(b, wide, first));
  const graph = specialize(b.build(), { x: [1, 4] });
  const { graph: folded, shapes } = await probe(graph);
  assert.deepEqual(
    folded.nodes.map(({ op }) => op).filter((op) => op !== "Identity"),
    ["Concat", "Mul"],
  );
  assert.deepEqual(shapes.get("y"), [1, 8]);
  assert.deepEqual(await outputsOf(folded), await outputsOf(graph));
});

test("an If whose condition depends on data stays", async () => {
  const b = new GraphBuilder("data");
  const input = b.input("x", [1, 4]);
  b.output("y", choosing(b, b.Greater(b.ReduceSum(input, undefined, false), b.zero), input));
  assert.ok(hasIf((await probe(b.build())).graph));
});

test("sizes that depend on data are not constants", async () => {
  const b = new GraphBuilder("nonzero");
  const input = b.input("x", [1, 4]);
  b.output("y", b.Shape(b.add("NonZero", [b.Relu(input)])), undefined, "int64");
  const { graph } = await probe(b.build());
  assert.deepEqual(Number((await outputsOf(graph)).y?.data[1]), 3);
});
