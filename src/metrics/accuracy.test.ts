import assert from "node:assert/strict";
import { test } from "node:test";
import { rankOf } from "./accuracy.js";

test("the rank counts the classes with a larger score", () => {
  const logits = Float32Array.of(9, 9, 0.1, 3, -2, 0.5);
  assert.deepEqual(
    [0, 1, 2, 3].map((label) => rankOf(logits, 2, 4, label)),
    [2, 0, 3, 1],
  );
});

test("an output that is the same for all classes is wrong for every label", () => {
  assert.deepEqual(
    [0, 1, 2].map((label) => rankOf(new Float32Array(3), 0, 3, label)),
    [2, 2, 2],
  );
});

test("an output of NaN is wrong for every label", () => {
  assert.deepEqual(
    [0, 1, 2].map((label) => rankOf(new Float32Array(3).fill(NaN), 0, 3, label)),
    [2, 2, 2],
  );
});
