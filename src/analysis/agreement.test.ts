import assert from "node:assert/strict";
import { test } from "node:test";
import { agreementOf, regionsOf } from "./agreement.js";

test("kappa equals that of a table counted by hand, and is undefined where both always predict one class", () => {
  // Both 1: 20, only A 1: 5, only B 1: 10, both 0: 15. Raw (20 + 15)/50 = 0.7; chance 0.5 · 0.6 + 0.5 · 0.4 = 0.5; κ = 0.4.
  const repeated = (count: number, a: number, b: number) => Array.from({ length: count }, () => [a, b] as const);
  const points = [...repeated(20, 1, 1), ...repeated(5, 1, 0), ...repeated(10, 0, 1), ...repeated(15, 0, 0)];
  const { raw, kappa } = agreementOf(
    points.map(([a]) => a),
    points.map(([, b]) => b),
  );
  assert.equal(raw, 0.7);
  assert.ok(Math.abs((kappa as number) - 0.4) < 1e-12);
  assert.deepEqual(agreementOf([3, 3], [3, 3]), { raw: 1, kappa: null });
  assert.deepEqual(agreementOf([3, 3], [4, 4]), { raw: 0, kappa: 0 });
});

test("regions of a map are connected along rows and columns, not diagonally and not across the map's edge", () => {
  // a a b
  // b a b
  // a b a   : a (3), b (2, right), b (1), a (1), b (1), a (1)
  assert.equal(regionsOf([1, 1, 2, 2, 1, 2, 1, 2, 1], 3), 6);
  assert.equal(regionsOf([1, 2, 2, 1], 2), 4);
  assert.equal(regionsOf(new Array(12).fill(5), 4), 1);
});
