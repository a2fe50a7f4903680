import assert from "node:assert/strict";
import { test } from "node:test";
import { predictGain } from "./gain-prediction.js";

test("a gain that is a line of the measure is predicted without error, with rank correlation 1 and its interval", () => {
  const names = ["a", "b", "c", "d"];
  const points = names.flatMap((source, i) =>
    names.flatMap((target, j) => (i === j ? [] : [{ source, target, measure: i + 3 * j, gain: 2 * (i + 3 * j) - 1 }])),
  );
  const found = predictGain(points, 1);
  assert.equal(found.pairs, 12);
  assert.ok(Math.abs((found.spearman as number) - 1) < 1e-12);
  assert.ok(found.ci95?.every((bound) => Math.abs(bound - 1) < 1e-12));
  assert.ok((found.leave_one_target_out as number) < 1e-9);
  // Mean gains by target are -1 + 2 · (mean source + 3 · target); those of other targets differ from each pair's gain.
  assert.ok((found.mean_error as number) > 1);
  assert.deepEqual(predictGain(points, 1), found);
});

test("with fewer than three pairs or one target nothing is predicted", () => {
  const point = { source: "a", target: "b", measure: 1, gain: 2 };
  const found = predictGain([point, { ...point, source: "c" }], 0);
  assert.deepEqual(found, { pairs: 2, spearman: null, ci95: null, leave_one_target_out: null, mean_error: null });
});
