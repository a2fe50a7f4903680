import assert from "node:assert/strict";
import { test } from "node:test";
import { randomAt } from "../random.js";
import { draw, drawInteger, range } from "./range.js";

const sigma = range({ min: 0, max: 1 });

test("a number, a pair and text with two dots are ranges, and parsing is idempotent", () => {
  for (const [given, want] of [
    [0.1, 0.1],
    ["0.1", 0.1],
    ["0.05..0.2", [0.05, 0.2]],
    [" 0 .. 1 ", [0, 1]],
    [
      [0.3, 0.3],
      [0.3, 0.3],
    ],
  ] as const) {
    assert.deepEqual(sigma.parse(given), want);
    assert.deepEqual(sigma.parse(sigma.parse(given)), want);
  }
});

test("values out of range, reversed ranges and non-numbers are refused with the expected form", () => {
  for (const given of [-0.1, "1.1", "0.2..0.1", "0..2", "0.1..", "..", "", "a", "0..0.5..1", [], [1, 2, 3], null, {}])
    assert.throws(() => sigma.parse(given), /expected a number from 0 to 1, or a range such as 0\.\.1/);
  const quality = range({ min: 1, max: 100, integer: true });
  for (const given of [2.5, "10..40.5", "0..10"]) assert.throws(() => quality.parse(given), /an integer from 1/);
});

test("samples cover the range, integers include both ends, and a fixed number consumes no randomness", () => {
  const random = randomAt(5);
  const values = Array.from({ length: 2000 }, () => draw([2, 4], random));
  assert.ok(Math.min(...values) < 2.01 && Math.max(...values) > 3.99);
  assert.ok(values.every((value) => value >= 2 && value < 4));
  const integers = Array.from({ length: 300 }, () => drawInteger([2, 4], random));
  assert.deepEqual([...new Set(integers)].sort(), [2, 3, 4]);
  const [one, other] = [randomAt(6), randomAt(6)];
  assert.deepEqual([draw(0.5, one), drawInteger(3, one)], [0.5, 3]);
  assert.equal(one.uniform(), other.uniform());
});
