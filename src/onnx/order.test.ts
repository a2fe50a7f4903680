import assert from "node:assert/strict";
import { test } from "node:test";
import { GraphBuilder } from "./builder.js";
import { decodeModel } from "./decode.js";
import { encodeModel } from "./encode.js";
import type { Graph, Node } from "./graph.js";

/** y = exp(relu(x)) · relu(x) */
function sample(): Graph {
  const b = new GraphBuilder("sample");
  const r = b.Relu(b.input("x", [2]));
  b.output("y", b.Mul(b.Exp(r), r));
  return b.build();
}

const edited = (edit: (nodes: Node[]) => Node[]) => encodeModel({ ...sample(), nodes: edit([...sample().nodes]) });

test("nodes in any order are sorted topologically", () => {
  const { nodes } = decodeModel(edited((all) => all.toReversed()));
  assert.deepEqual(
    nodes.map(({ op }) => op),
    ["Relu", "Exp", "Mul", "Identity"],
  );
});

test("a cycle, a missing value and a value that is computed twice are errors that name them", () => {
  const rewired = (op: string, change: Partial<Node>) =>
    edited((all) => all.map((node) => (node.op === op ? { ...node, ...change } : node)));
  const [relu, exp] = sample().nodes as [Node, Node];
  assert.throws(() => decodeModel(rewired("Relu", { inputs: exp.outputs })), /depends on its own result/);
  assert.throws(
    () => decodeModel(rewired("Exp", { inputs: ["gone"] })),
    /Exp ".*" reads "gone", which nothing computes/,
  );
  assert.throws(() => decodeModel(rewired("Exp", { outputs: relu.outputs })), /computes the value ".*" twice/);
  assert.throws(() => decodeModel(rewired("Exp", { outputs: ["x"] })), /computes the value "x" twice/);
  assert.throws(() => decodeModel(rewired("Identity", { outputs: ["z"] })), /nothing computes its output "y"/);
});

test("a chain of 50 000 nodes is read without running out of stack", () => {
  const b = new GraphBuilder("long");
  let value = b.input("x", [2]);
  for (let i = 0; i < 50_000; i++) value = b.Neg(value);
  b.output("y", value);
  const graph = b.build();
  const read = decodeModel(encodeModel({ ...graph, nodes: graph.nodes.toReversed() }));
  assert.deepEqual(read.nodes, graph.nodes);
});
