import assert from "node:assert/strict";
import { test } from "node:test";
import { pearson, ranksOf, spearman } from "./correlation.js";

test("ranks and the rank correlation equal scipy's, ties included", () => {
  // scipy.stats.rankdata and spearmanr.
  const x = [3.1, 0.5, 2.2, 2.2, 9, -1, 4.4, 2.2];
  assert.deepEqual(ranksOf(x), [6, 2, 4, 4, 8, 1, 7, 4]);
  const found = spearman(x, [10, 2, 5, 7, 7, 1, 8, 3]) as number;
  assert.ok(Math.abs(found - 0.834497179245487) < 1e-12);
  assert.equal(spearman([1, 1, 1], [1, 2, 3]), null);
});

test("the correlation equals scipy's, and that of a constant is not defined", () => {
  // scipy.stats.pearsonr.
  const found = pearson([3.1, 0.5, 2.2, 2.2, 9, -1, 4.4, 2.2], [10, 2, 5, 7, 7, 1, 8, 3]) as number;
  assert.ok(Math.abs(found - 0.6192591023429238) < 1e-12);
  assert.equal(pearson([1, 2, 3], [4, 4, 4]), null);
});
