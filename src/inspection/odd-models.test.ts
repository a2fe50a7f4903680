import assert from "node:assert/strict";
import { test } from "node:test";
import { GraphBuilder, ints, string } from "../onnx/builder.js";
import type { Attribute, ContainerType, Graph } from "../onnx/graph.js";
import { packTexts } from "../onnx/strings.js";
import { float32, int64, type Tensor } from "../onnx/tensor.js";
import { inspectGraph } from "./inspect.js";

const floats = (value: readonly number[]): Attribute => ({ kind: "floats", value });
const texts = (...values: string[]): Tensor => ({
  type: "string",
  shape: [values.length],
  data: packTexts(values.map((value) => new TextEncoder().encode(value))),
});
/** The type "sequence of float32" (TypeProto.Sequence of a TypeProto.Tensor of element type 1). */
const sequence: ContainerType = { field: "sequenceType", message: Uint8Array.of(10, 4, 10, 2, 8, 1) };

/** A model of x [N, 4] with further inputs and outputs. */
function model(make: (b: GraphBuilder, x: string) => void, more: Partial<Graph> = {}): Graph {
  const b = new GraphBuilder("odd");
  make(b, b.input("x", ["N", 4]));
  const graph = b.build();
  return { ...graph, opsets: { ...graph.opsets, "ai.onnx.ml": 3 }, ...more };
}

const ml = (b: GraphBuilder, op: string, inputs: string[], attributes: Record<string, Attribute>) =>
  b.addCustom("ai.onnx.ml", op, inputs, attributes);

const odd: Readonly<Record<string, readonly [graph: Graph, reason: RegExp]>> = {
  "an output that is a sequence": [
    model((b, x) => b.output("y", b.add("SequenceConstruct", [x, b.Relu(x)]))),
    /SequenceConstruct .* has no gradient/,
  ],
  "a declared output that is a sequence": [
    {
      ...model((b, x) => b.output("y", b.add("SequenceConstruct", [x]))),
      outputs: [{ name: "y", container: sequence }],
    },
    /sequences, maps and optional values have no gradient/,
  ],
  "an element of a sequence at a position that is an input": [
    model((b, x) => {
      const parts = b.add("SequenceConstruct", [x, b.Relu(x)]);
      b.output("y", b.add("SequenceAt", [parts, b.input("at", [], "int64")]));
    }),
    /SequenceAt .* has no gradient/,
  ],
  "an optional value as an output": [
    model((b, x) => b.output("y", b.add("Optional", [x]))),
    /Optional .* has no gradient/,
  ],
  "a decision tree": [
    model((b, x) => {
      const tree = {
        nodes_treeids: ints([0, 0, 0]),
        nodes_nodeids: ints([0, 1, 2]),
        nodes_featureids: ints([0, 0, 0]),
        nodes_modes: { kind: "strings", value: ["BRANCH_LEQ", "LEAF", "LEAF"] } as const,
        nodes_values: floats([0.5, 0, 0]),
        nodes_truenodeids: ints([1, 0, 0]),
        nodes_falsenodeids: ints([2, 0, 0]),
        target_treeids: ints([0, 0]),
        target_nodeids: ints([1, 2]),
        target_ids: ints([0, 0]),
        target_weights: floats([1, 2]),
        n_targets: { kind: "int", value: 1 } as const,
      };
      b.output("y", ml(b, "TreeEnsembleRegressor", [x], tree));
    }),
    /ai\.onnx\.ml\.TreeEnsembleRegressor .* has no gradient/,
  ],
  "a map from classes to scores": [
    model((b, x) => {
      const scores = ml(b, "Normalizer", [x], { norm: string("L1") });
      b.output("y", ml(b, "ZipMap", [scores], { classlabels_int64s: ints([0, 1, 2, 3]) }));
    }),
    /ai\.onnx\.ml\.ZipMap .* has no gradient/,
  ],
  "names of classes": [
    model((b, x) => {
      const best = b.add("ArgMax", [x], { axis: { kind: "int", value: 1 } });
      b.output("y", b.Gather(b.initializer("names", texts("a", "b", "c", "d")), best, 0), ["N", 1], "string");
    }),
    /string values have no gradient/,
  ],
  "a constant as its output": [model((b) => b.output("y", b.initializer("w", float32([1, 2])))), /gradient .* is zero/],
};

for (const [name, [graph, reason]] of Object.entries(odd))
  test(`${name} has no gradient, and the reason is listed`, async () => {
    const { outputs } = await inspectGraph(graph);
    assert.equal(outputs[0]?.differentiable, false);
    assert.match(outputs[0]?.reason ?? "", reason);
  });

/** Inputs that a trial run cannot have, and why there is no gradient. */
const untried: Readonly<Record<string, readonly [Graph, RegExp]>> = {
  "a sequence": [
    model((b, x) => b.output("y", b.Add(x, b.add("SequenceAt", ["list", b.constant(int64([0], []))]))), {
      inputs: [
        { name: "x", type: "float32", shape: ["N", 4] },
        { name: "list", container: sequence },
      ],
    }),
    /SequenceAt .* has no gradient/,
  ],
  texts: [
    model((b, x) => {
      const named = ml(b, "LabelEncoder", [b.input("name", ["N"], "string")], {
        keys_strings: { kind: "strings", value: ["a", "b"] },
        values_floats: floats([0, 1]),
      });
      b.output("y", b.Add(x, named));
    }),
    /^the model could not be tried: /,
  ],
};

for (const [name, [graph, reason]] of Object.entries(untried))
  test(`a model with an input of ${name} is listed without a trial run, with the reason`, async () => {
    const { outputs, operators, notes } = await inspectGraph(graph);
    assert.match(outputs[0]?.reason ?? "", reason);
    assert.match(notes.join("\n"), /the model could not be tried/);
    assert.ok(operators.some(({ op }) => op === "Add"));
  });

test("a loop that never ends on zeros is inspected", { timeout: 60_000 }, async () => {
  const body = new GraphBuilder("body");
  body.input("k", [], "int64");
  body.input("go", [], "bool");
  const doubled = body.Mul(body.input("state", ["N", 4]), body.scalar(2));
  body.output("stays", body.Less(body.add("ReduceMax", [doubled], { keepdims: { kind: "int", value: 0 } }), body.one));
  body.output("next", doubled);
  const yes: Tensor = { type: "bool", shape: [], data: Uint8Array.of(1) };
  const { outputs } = await inspectGraph(
    model((b, x) =>
      b.output("y", b.add("Loop", ["", b.constant(yes), x], { body: { kind: "graph", value: body.build() } })),
    ),
  );
  assert.match(outputs[0]?.reason ?? "", /Loop .* has no gradient/);
});
