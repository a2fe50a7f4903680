import assert from "node:assert/strict";
import { test } from "node:test";
import { UserError } from "../errors.js";
import type { Graph } from "../graph/graph.js";
import { averageProcessors } from "./average.js";
import { compactM, compactS } from "./compact.js";

/** The values of a weight, with 0 for -0. */
const values = (graph: Graph, name: string) =>
  Array.from(graph.initializers.get(name)?.data as Float32Array, (value) => value + 0);

test("the average of processors has the mean of each weight, and fixed filters as they were", () => {
  const processors = [1, 2, 3].map((seed) => compactS.build(4, seed));
  const mean = averageProcessors(processors);
  for (const [i, value] of values(mean, "head.weight").entries()) {
    const expected = processors.reduce((sum, graph) => sum + (values(graph, "head.weight")[i] ?? 0), 0) / 3;
    assert.ok(Math.abs(value - expected) < 1e-7, `weight ${i}`);
  }
  const [first] = processors as [Graph, Graph, Graph];
  assert.deepEqual(values(mean, "fixed.bicubic"), values(first, "fixed.bicubic"));
});

test("processors of two makes, of two scales, or one alone are refused", () => {
  const one = compactS.build(4, 0);
  for (const others of [[compactM.build(4, 0)], [compactS.build(2, 0)], []])
    assert.throws(() => averageProcessors([one, ...others]), UserError);
});
