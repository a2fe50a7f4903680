import assert from "node:assert/strict";
import { test } from "node:test";
import { GraphBuilder } from "./builder.js";
import type { Graph, Node } from "./graph.js";
import { computedFrom, usesOf } from "./uses.js";

/** A branch of an If that negates a value of the graph around it. */
function negating(value: string): { kind: "graph"; value: Graph } {
  const b = new GraphBuilder("branch");
  b.output("result", b.Neg(value));
  return { kind: "graph", value: b.build() };
}

/** r = relu(x) is read by Exp and inside the If; e = exp(r) is an output; s = r·r is read once. */
function sample() {
  const b = new GraphBuilder("sample");
  const x = b.input("x", [2]);
  const r = b.Relu(x);
  const e = b.Exp(r);
  const square = b.Mul(r, r);
  const sum = b.ReduceSum(square, undefined, false);
  const chosen = b.add("If", [b.Greater(sum, b.zero)], { then_branch: negating(r), else_branch: negating(x) });
  b.output(e, e);
  b.output(chosen, chosen);
  return { graph: b.build(), x, r, e, square, chosen };
}

const operators = (nodes: readonly Node[] | undefined) => nodes?.map(({ op }) => op);

test("readers include those inside subgraphs, once for each read", () => {
  const { graph, x, r, e } = sample();
  const uses = usesOf(graph);
  assert.deepEqual(operators(uses.readers.get(r)), ["Exp", "Mul", "Mul", "If"]);
  assert.deepEqual(operators(uses.readers.get(x)), ["Relu", "If"]);
  assert.equal(uses.readers.get(e), undefined);
  assert.equal(uses.producers.get(e)?.op, "Exp");
  assert.equal(uses.producers.get(x), undefined);
});

test("a value that a node reads twice, or that is an output, has no sole reader", () => {
  const { graph, r, e, square } = sample();
  const uses = usesOf(graph);
  assert.equal(uses.soleReader(square)?.op, "ReduceSum");
  for (const value of [r, e, "unknown"]) assert.equal(uses.soleReader(value), undefined);
});

test("what is computed from a value ends where a node does not pass the dependence on", () => {
  const { graph, r, e, chosen, square } = sample();
  assert.ok(computedFrom(graph, [square]).has(chosen));
  assert.ok(!computedFrom(graph, [square]).has(e));
  const withoutIf = computedFrom(graph, [r], ({ op }) => op !== "If");
  assert.ok(withoutIf.has(square) && !withoutIf.has(chosen));
});

test("a value with 200 000 readers is indexed within seconds", () => {
  const node = (i: number): Node => ({
    ...{ op: "Neg", domain: "", name: "", attributes: {} },
    ...{ inputs: ["x"], outputs: [`y${i}`] },
  });
  const nodes = Array.from({ length: 200_000 }, (_, i) => node(i));
  const graph: Graph = { ...sample().graph, nodes };
  const start = performance.now();
  assert.equal(usesOf(graph).readers.get("x")?.length, 200_000);
  assert.ok(performance.now() - start < 5000, "indexing is not linear in readers");
});
