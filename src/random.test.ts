import assert from "node:assert/strict";
import { test } from "node:test";
import { randomAt, shuffled } from "./random.js";

const draw = (n: number, next: () => number) => Array.from({ length: n }, next);
const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

test("the same place gives the same numbers and every other place gives others", () => {
  const at = (...place: [number, ...number[]]) => draw(4, randomAt(...place).uniform).join();
  assert.equal(at(1, 2, 3), at(1, 2, 3));
  const places = [at(1, 2, 3), at(1, 3, 2), at(2, 1, 3), at(1, 2), at(1, 2, 3, 0), at(1, 2, 3 + 2 ** 32), at(-1, 2, 3)];
  assert.equal(new Set(places).size, places.length);
});

test("the first number of 160 000 neighboring places is uniform", () => {
  const counts = new Array<number>(16).fill(0);
  for (let i = 0; i < 160_000; i++) {
    const bin = Math.floor(randomAt(0, i >> 8, i & 255).uniform() * 16);
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  const chi2 = counts.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0);
  assert.ok(chi2 < 37.7, `chi-squared ${chi2} with 15 degrees of freedom; 37.7 is exceeded once in 1000`);
});

test("integers fill 0 … n-1 and nothing else", () => {
  const random = randomAt(7);
  assert.deepEqual([...new Set(draw(200, () => random.integer(5)))].sort(), [0, 1, 2, 3, 4]);
});

test("normal numbers have mean 0 and standard deviation 1", () => {
  const values = draw(40_000, randomAt(3).normal);
  assert.ok(Math.abs(mean(values)) < 0.02);
  assert.ok(Math.abs(mean(values.map((value) => value * value)) - 1) < 0.03);
});

test("an epoch's order is a permutation that changes with seed and epoch", () => {
  const order = shuffled(100, 5, 2);
  assert.deepEqual(
    [...order].sort((a, b) => a - b),
    Array.from({ length: 100 }, (_, i) => i),
  );
  assert.deepEqual(order, shuffled(100, 5, 2));
  assert.notDeepEqual(order, shuffled(100, 5, 3));
  assert.notDeepEqual(order, shuffled(100, 6, 2));
  assert.deepEqual([...shuffled(0, 0, 0)], []);
});
