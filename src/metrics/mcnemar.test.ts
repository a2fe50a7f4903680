import assert from "node:assert/strict";
import { test } from "node:test";
import { mcnemar } from "./mcnemar.js";

/** statsmodels 0.15.0: mcnemar([[10, b], [c, 10]], exact=b + c < 25, correction=True).pvalue */
for (const [b, c, p] of [
  [1, 6, 0.125],
  [0, 5, 0.0625],
  [9, 3, 0.14599609375],
  [3, 20, 0.00048828125],
  [10, 15, 0.4237107971667936],
  [30, 12, 0.008711912962379598],
  [61, 45, 0.14513603694617733],
  [0, 40, 6.984393061522137e-10],
  [300, 180, 5.585662939600216e-8],
] as const)
  test(`McNemar's p of ${b} and ${c} discordant pairs is that of statsmodels`, () => {
    assert.ok(Math.abs(mcnemar(b, c) / p - 1) < 1e-10, `${mcnemar(b, c)} instead of ${p}`);
    assert.equal(mcnemar(c, b), mcnemar(b, c));
  });

test("as many changes to one side as to the other give p = 1", () => {
  for (const n of [0, 1, 12, 500]) assert.equal(mcnemar(n, n), 1);
});
