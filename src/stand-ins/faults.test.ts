import assert from "node:assert/strict";
import { test } from "node:test";
import { type Fault, faultPlan, passingFaults } from "./faults.js";

const first = (count: number, plan: (n: number) => Fault | undefined) =>
  Array.from({ length: count }, (_, n) => plan(n));

test("of every 100 requests the share fails exactly", () => {
  for (const share of [0, 0.01, 0.1, 0.37, 1]) {
    const faults = first(300, faultPlan(share, passingFaults, 7));
    for (const block of [0, 100, 200])
      assert.equal(
        faults.slice(block, block + 100).filter((fault) => fault !== undefined).length,
        Math.round(100 * share),
      );
  }
});

test("the kinds take turns", () => {
  const faults = first(300, faultPlan(0.1, ["429", "500", "slow"], 1)).filter((fault) => fault !== undefined);
  assert.deepEqual(faults, Array.from({ length: 10 }, () => ["429", "500", "slow"]).flat());
});

test("a seed decides which requests fail", () => {
  const places = (seed: number) => first(200, faultPlan(0.1, ["500"], seed)).map((fault) => fault !== undefined);
  assert.deepEqual(places(3), places(3));
  assert.notDeepEqual(places(3), places(4));
  assert.notDeepEqual(places(3).slice(0, 100), places(3).slice(100));
});
