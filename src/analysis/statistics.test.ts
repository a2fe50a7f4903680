import assert from "node:assert/strict";
import { test } from "node:test";
import { predictGain } from "./gain-prediction.js";
import { ranksOf, spearman } from "./statistics.js";

test("ranks and the rank correlation equal scipy's, ties included", () => {
  // scipy.stats.rankdata and spearmanr.
  const x = [3.1, 0.5, 2.2, 2.2, 9, -1, 4.4, 2.2];
  assert.deepEqual(ranksOf(x), [6, 2, 4, 4, 8, 1, 7, 4]);
  const found = spearman(x, [10, 2, 5, 7, 7, 1, 8, 3]) as number;
  assert.ok(Math.abs(found - 0.834497179245487) < 1e-12);
  assert.equal(spearman([1, 1, 1], [1, 2, 3]), null);
});

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
