import assert from "node:assert/strict";
import { test } from "node:test";
import { lambdaAt } from "./schedule.js";

test("lambda rises from 0 in a line and stays, or is whole from the first step", () => {
  assert.deepEqual(
    [0, 1, 2, 4, 9].map((step) => lambdaAt(8, step, 4)),
    [0, 2, 4, 8, 8],
  );
  assert.equal(lambdaAt(8, 0, 0), 8);
});
