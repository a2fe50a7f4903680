import assert from "node:assert/strict";
import { test } from "node:test";
import { UserError } from "../errors.js";
import { compactL, compactM, compactS } from "../networks/compact.js";
import { pyramidS } from "../networks/pyramid.js";
import type { Graph } from "../onnx/graph.js";
import { Processor } from "../processors/processor.js";
import { withInitialWeights } from "./initial-weights.js";

const init = (graph: Graph, trained: Graph) => withInitialWeights(new Processor(graph), trained, "start.onnx");

test("initial weights of the same scale replace all weights", () => {
  const [own, trained] = [compactS.build(4, 0), compactS.build(4, 1)];
  const { graph, notes } = init(own, trained);
  assert.deepEqual(notes, []);
  assert.deepEqual([...graph.initializers], [...trained.initializers]);
});

test("initial weights of another scale replace those whose name and shape fit, and the others are counted", () => {
  const [own, trained] = [pyramidS.build(4, 0), pyramidS.build(2, 1)];
  const { graph, notes } = init(own, trained);
  // At scale 4 the head has 32 filters of 3·5·5 values instead of 16.
  const fresh = ["head.weight", "head.bias"];
  for (const [name, { data }] of graph.initializers) {
    const source = fresh.includes(name) || /^fixed\.|^constant/.test(name) ? own : trained;
    assert.equal(data, source.initializers.get(name)?.data, name);
  }
  const all = [...own.initializers].filter(([name]) => !/^fixed|^constant/.test(name));
  const total = all.reduce((sum, [, { data }]) => sum + data.length, 0).toLocaleString("en");
  assert.deepEqual(notes, [
    `2,432 of ${total} weights start untrained: in start.onnx, head.weight, head.bias have another shape or are missing`,
  ]);
});

test("at a larger scale the pyramid's layers without a counterpart start untrained", () => {
  const { notes } = init(pyramidS.build(1, 0), pyramidS.build(4, 1));
  assert.match(notes.join(), /in start\.onnx, head\.weight, head\.bias, down\.conv1\.weight, .*reduce\.bias have/);
});

test("initial weights of a network of other sizes, of another name or with few fitting weights are refused", () => {
  const refused = {
    name: UserError.name,
    message: /cannot take initial weights from start\.onnx: it is not a compact-m/,
  };
  for (const other of [compactS.build(4, 0), compactL.build(2, 0), pyramidS.build(4, 0)])
    assert.throws(() => init(compactM.build(4, 0), other), refused);
  const renamed = { ...compactS.build(2, 0), name: "compact-m" };
  assert.throws(() => init(compactM.build(4, 0), renamed), refused);
});
