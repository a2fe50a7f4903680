import assert from "node:assert/strict";
import { test } from "node:test";
import { randomAt } from "../random.js";
import { draw, drawWhole, range } from "./range.js";

const sigma = range({ min: 0, max: 1 });

test("a number, a pair and text with two dots are ranges, and parsing a parsed range changes nothing", () => {
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

test("a value out of bounds, a reversed range and text that is not a number are refused with what is expected", () => {
  for (const given of [-0.1, "1.1", "0.2..0.1", "0..2", "0.1..", "..", "", "a", "0..0.5..1", [], [1, 2, 3], null, {}])
    assert.throws(() => sigma.parse(given), /expected a number from 0 to 1, or a range such as 0\.\.1/);
  const quality = range({ min: 1, max: 100, whole: true });
  for (const given of [2.5, "10..40.5", "0..10"]) assert.throws(() => quality.parse(given), /a whole number from 1/);
});

test("drawn values fill the range, whole numbers to both ends, and a fixed value consumes no random number", () => {
  const random = randomAt(5);
  const values = Array.from({ length: 2000 }, () => draw([2, 4], random));
  assert.ok(Math.min(...values) < 2.01 && Math.max(...values) > 3.99);
  assert.ok(values.every((value) => value >= 2 && value < 4));
  const whole = Array.from({ length: 300 }, () => drawWhole([2, 4], random));
  assert.deepEqual([...new Set(whole)].sort(), [2, 3, 4]);
  const [one, other] = [randomAt(6), randomAt(6)];
  assert.deepEqual([draw(0.5, one), drawWhole(3, one)], [0.5, 3]);
  assert.equal(one.uniform(), other.uniform());
});
