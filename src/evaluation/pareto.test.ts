import assert from "node:assert/strict";
import { test } from "node:test";
import { paretoFront } from "./pareto.js";

test("a point is on the front unless another is as good in both measures and better in one", () => {
  const points = [
    [25, 40],
    [24, 50],
    [24, 45], // as good as the one before in the first measure, worse in the second
    [23, 50], // the other way round
    [22, 55],
  ] as const;
  assert.deepEqual(paretoFront(points), [true, true, false, false, true]);
});

test("equal points do not push each other off the front", () => {
  assert.deepEqual(
    paretoFront([
      [1, 1],
      [1, 1],
    ]),
    [true, true],
  );
});
