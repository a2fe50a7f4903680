import assert from "node:assert/strict";
import { test } from "node:test";
import { holm } from "./holm.js";

test("adjusted p-values are those of R: p.adjust(c(0.01, 0.04, 0.03, 0.005, 0.8), 'holm')", () => {
  const want = [0.04, 0.09, 0.09, 0.025, 0.8];
  for (const [i, got] of holm([0.01, 0.04, 0.03, 0.005, 0.8]).entries())
    assert.ok(Math.abs(got - (want[i] as number)) < 1e-12, `${got}`);
  assert.deepEqual(holm([]), []);
  assert.deepEqual(holm([0.9, 0.8]), [1, 1]);
});
