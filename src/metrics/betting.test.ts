import assert from "node:assert/strict";
import { test } from "node:test";
import { randomAt } from "../random.js";
import { bettingPValue } from "./betting.js";

test("equal values of the mean prove nothing: the p-value is 1", () => {
  assert.equal(bettingPValue(Array(50).fill(0.3), 0.3, 0.1), 1);
  assert.equal(bettingPValue([], 0.3, 0.1), 1);
});

test("the p-value of one value equals that of the wealth by hand", () => {
  // stake = min(1, sqrt(2 ln(1 / 0.1) / (1 · 0.25))) = 1, wealth = 1 - 1 · (0 - 0.2)
  assert.ok(Math.abs(bettingPValue([0], 0.2, 0.1) - 1 / 1.2) < 1e-12);
});

test("of a distribution whose mean is the hypothesis, at most 10 % of samples have a p-value up to 0.1", () => {
  const trials = 1000;
  for (const probability of [0.05, 0.3]) {
    let rejected = 0;
    for (let trial = 0; trial < trials; trial++) {
      const random = randomAt(5, trial);
      const values = Array.from({ length: 150 }, () => Number(random.uniform() < probability));
      if (bettingPValue(values, probability, 0.1) <= 0.1) rejected++;
    }
    // three standard deviations of a binomial count
    assert.ok(
      rejected <= trials * 0.1 + 3 * Math.sqrt(trials * 0.1 * 0.9),
      `${rejected} of ${trials} at ${probability}`,
    );
  }
});

test("values of small variance are rejected with fewer values than Hoeffding's inequality needs", () => {
  const values = Array.from({ length: 60 }, (_, i) => 0.05 + 0.02 * (i % 2));
  const hoeffding = Math.exp(-2 * 60 * (0.15 - 0.06) ** 2);
  assert.ok(bettingPValue(values, 0.15, 0.05) < 0.02);
  assert.ok(hoeffding > 0.1);
});
