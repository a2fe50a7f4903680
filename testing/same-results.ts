import assert from "node:assert/strict";
import type { Graph } from "../src/onnx/graph.js";
import { Session, type Tensors } from "../src/runtime/session.js";
import { relativeL2 } from "./fixtures.js";

/** Asserts that two graphs with the same inputs and outputs compute equal outputs up to float32 rounding. */
export async function assertSameResults(one: Graph, other: Graph, feeds: Tensors, tolerance = 1e-5): Promise<void> {
  const results: Tensors[] = [];
  for (const graph of [one, other]) {
    const session = await Session.create(graph);
    results.push(await session.run(feeds));
    await session.release();
  }
  const [expected = {}, got = {}] = results;
  assert.deepEqual(Object.keys(got), Object.keys(expected));
  for (const [name, tensor] of Object.entries(expected)) {
    const result = got[name];
    assert.deepEqual(result?.shape, tensor.shape, name);
    const error = relativeL2(result as NonNullable<typeof result>, tensor);
    assert.ok(error <= tolerance, `${name} differs by ${error}`);
  }
}
