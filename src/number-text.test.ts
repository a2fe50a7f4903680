import assert from "node:assert/strict";
import { test } from "node:test";
import { numberText, signed } from "./number-text.js";

test("what rounds to zero has no sign, other numbers have theirs", () => {
  assert.deepEqual(
    [9.46, -0.34, 0.04, -0.04, 0, -0].map((value) => numberText(value, 1)),
    ["9.5", "-0.3", "0.0", "0.0", "0.0", "0.0"],
  );
  assert.deepEqual(
    [9.46, -0.34, 0.04, -0.04, 0, -0].map((value) => signed(value)),
    ["+9.5", "-0.3", "0.0", "0.0", "0.0", "0.0"],
  );
  assert.deepEqual(
    [signed(0.005, 2), signed(-0.004, 2), signed(Number.POSITIVE_INFINITY)],
    ["+0.01", "0.00", "+Infinity"],
  );
});
