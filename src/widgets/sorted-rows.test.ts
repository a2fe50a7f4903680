import assert from "node:assert/strict";
import { test } from "node:test";
import { sortedRows } from "./sorted-rows.js";

test("names are sorted by the numbers in them, equal values keep their order, and null and NaN come last", () => {
  const names = ["image 10", "image 9", null, "image 10", "image 2"];
  const byName = (row: number) => names[row] ?? null;
  assert.deepEqual(sortedRows([0, 1, 2, 3, 4], byName, "ascending"), [4, 1, 0, 3, 2]);
  assert.deepEqual(sortedRows([0, 1, 2, 3, 4], byName, "descending"), [0, 3, 1, 4, 2]);
  const numbers = [1, Number.POSITIVE_INFINITY, Number.NaN, -1, Number.POSITIVE_INFINITY];
  const byNumber = (row: number) => numbers[row] ?? null;
  assert.deepEqual(sortedRows([0, 1, 2, 3, 4], byNumber, "descending"), [1, 4, 0, 3, 2]);
  assert.deepEqual(sortedRows([3, 0], byNumber, "ascending"), [3, 0]);
});
