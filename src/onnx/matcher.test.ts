import assert from "node:assert/strict";
import { test } from "node:test";
import { GraphBuilder } from "./builder.js";
import type { Graph } from "./graph.js";
import { float32Constant, type Match, type Pattern, type Rewrite, rewrite } from "./matcher.js";
import { float32 } from "./tensor.js";

/** exp(relu(x)) as one Softplus: not the same function, but a pattern of two nodes. */
const relu: Pattern = { op: "Relu", readOnce: true };
const exp: Pattern = { op: "Exp", inputs: [relu] };
const fuse: Rewrite<unknown> = [
  exp,
  (match: Match, b) => b.add("Softplus", [match.node(relu).inputs[0] ?? ""], {}, match.node(exp).outputs[0]),
];

const operatorsOf = ({ nodes }: Graph) => nodes.map(({ op }) => op).filter((op) => op !== "Identity");

function built(make: (b: GraphBuilder, x: string) => void): Graph {
  const b = new GraphBuilder("sample");
  make(b, b.input("x", [2]));
  return b.build();
}

const rewritten = (make: (b: GraphBuilder, x: string) => void) => operatorsOf(rewrite(built(make), null, [fuse]));

test("every match is replaced where its last node was, and the nodes read by it alone are gone", () => {
  const operators = rewritten((b, x) => {
    const inner = b.Relu(x);
    const other = b.Neg(x);
    const first = b.Exp(inner);
    b.output("y", b.Exp(b.Relu(b.Add(first, other))));
  });
  assert.deepEqual(operators, ["Neg", "Softplus", "Add", "Softplus"]);
});

test("a value with a second reader, as an output or inside a subgraph is not read once", () => {
  const shared = rewritten((b, x) => {
    const r = b.Relu(x);
    b.output("y", b.Add(b.Exp(r), r));
  });
  assert.deepEqual(shared, ["Relu", "Exp", "Add"]);
  const output = rewritten((b, x) => {
    const r = b.Relu(x);
    b.output(r, r);
    b.output("y", b.Exp(r));
  });
  assert.deepEqual(output, ["Relu", "Exp"]);
  const inner = rewritten((b, x) => {
    const r = b.Relu(x);
    const branch = (value: string) => {
      const inside = new GraphBuilder("branch");
      inside.output("result", inside.Neg(value));
      return { kind: "graph" as const, value: inside.build() };
    };
    const condition = b.Greater(b.ReduceSum(x, undefined, false), b.zero);
    b.output("y", b.Exp(r));
    b.output("z", b.add("If", [condition], { then_branch: branch(r), else_branch: branch(x) }));
  });
  assert.deepEqual(inner, ["Relu", "ReduceSum", "Greater", "Exp", "If"]);
});

test("a producer that need not be read once stays, with the producers that it reads", () => {
  const outer: Pattern = { op: "Neg", inputs: [{ op: "Exp", inputs: [relu] }] };
  const graph = built((b, x) => {
    const e = b.Exp(b.Relu(x));
    b.output("y", b.Neg(e));
    b.output("z", b.Abs(e));
  });
  const replaced = rewrite(graph, null, [
    [outer, (match, b) => b.add("Tanh", [match.node(outer).inputs[0] ?? ""], {}, match.node(outer).outputs[0])],
  ]);
  assert.deepEqual(operatorsOf(replaced), ["Relu", "Exp", "Tanh", "Abs"]);
});

test("a node belongs to one match at most", () => {
  const first: Pattern = { op: "Relu", readOnce: true };
  const second: Pattern = { op: "Relu", inputs: [first] };
  const graph = built((b, x) => b.output("y", b.Relu(b.Relu(b.Relu(x)))));
  const merged = rewrite(graph, null, [
    [second, (match, b) => b.add("Relu", [match.node(first).inputs[0] ?? ""], {}, match.node(second).outputs[0])],
  ]);
  assert.deepEqual(operatorsOf(merged), ["Relu", "Relu"]);
});

test("an attribute that a node lacks has ONNX's default", () => {
  const crd: Pattern = { op: "DepthToSpace", attributes: { mode: { value: "CRD", default: "DCR" } } };
  const dcr: Pattern = { op: "DepthToSpace", attributes: { mode: { value: "DCR", default: "DCR" } } };
  const b = new GraphBuilder("shuffles");
  const x = b.input("x", [1, 4, 2, 2]);
  b.output("y", b.add("DepthToSpace", [x], { blocksize: { kind: "int", value: 2 } }));
  const graph = b.build();
  const negate = (pattern: Pattern): Rewrite<unknown> => [
    pattern,
    (match, builder) => builder.add("Neg", [x], {}, match.node(pattern).outputs[0]),
  ];
  assert.equal(rewrite(graph, null, [negate(crd)]), graph);
  assert.deepEqual(operatorsOf(rewrite(graph, null, [negate(dcr)])), ["Neg"]);
});

test("conditions hold for inputs, for the node and for its domain", () => {
  const scaled: Pattern<{ largest: number }> = {
    op: "Mul",
    otherInputs: float32Constant,
    inputs: [() => true],
    where: ({ inputs }, { largest }) => inputs.length <= largest,
  };
  const replace: Rewrite<{ largest: number }> = [
    scaled,
    (match, b) => b.add("Neg", [match.node(scaled).inputs[0] ?? ""], {}, match.node(scaled).outputs[0]),
  ];
  const constant = built((b, x) => b.output("y", b.Mul(x, b.constant(float32([1, 2])))));
  const computed = built((b, x) => b.output("y", b.Mul(x, b.Exp(x))));
  const foreign = built((b, x) => b.output("y", b.addCustom("com.example", "Mul", [x, b.zero], {})));
  assert.deepEqual(operatorsOf(rewrite(constant, { largest: 2 }, [replace])), ["Neg"]);
  assert.equal(rewrite(constant, { largest: 1 }, [replace]), constant);
  assert.equal(rewrite(computed, { largest: 2 }, [replace]), computed);
  assert.equal(rewrite(foreign, { largest: 2 }, [replace]), foreign);
});
