import assert from "node:assert/strict";
import { test } from "node:test";
import { rateSinceFirst } from "./rate.js";

/** The texts for updates at these times in seconds. */
function texts(total: number, updates: readonly (readonly [seconds: number, done: number])[]): string[] {
  let seconds = 0;
  const rate = rateSinceFirst(total, () => seconds * 1000);
  return updates.map(([at, done]) => {
    seconds = at;
    const { rate: speed, left } = rate(done);
    return [speed, left].filter(Boolean).join(", ");
  });
}

test("nothing is claimed before the first unit is measured", () => {
  assert.deepEqual(
    texts(100, [
      [0, 0],
      [3, 0],
      [0.1, 1],
    ]),
    ["", "", ""],
  );
});

test("the rate and the time left follow from the units since the first update", () => {
  assert.deepEqual(
    texts(1000, [
      [10, 500],
      [20, 700],
    ]),
    ["", "20/s, 15 s left"],
  );
});

test("a part of the only unit gives the time that is left", () => {
  assert.deepEqual(
    texts(1, [
      [0, 0],
      [30, 0.25],
    ]),
    ["", "0.5/min, 90 s left"],
  );
});

test("long times are in minutes and hours", () => {
  const at = (total: number) =>
    texts(total, [
      [0, 0],
      [1, 1],
    ])[1];
  assert.equal(at(601), "1.0/s, 10 min left");
  assert.equal(at(7501), "1.0/s, 2 h 5 min left");
});
