import assert from "node:assert/strict";
import { availableParallelism } from "node:os";
import { afterEach, test } from "node:test";
import { coreCount } from "./core-count.js";

const before = process.env.LEGIBLE_THREADS;

afterEach(() => {
  if (before === undefined) delete process.env.LEGIBLE_THREADS;
  else process.env.LEGIBLE_THREADS = before;
});

test("the environment overrides the number of cores", () => {
  process.env.LEGIBLE_THREADS = "3";
  assert.equal(coreCount(), 3);
  process.env.LEGIBLE_THREADS = "";
  assert.equal(coreCount(), availableParallelism());
});

test("what is no number of threads is refused", () => {
  for (const text of ["0", "-1", "1.5", "two", "1025"]) {
    process.env.LEGIBLE_THREADS = text;
    assert.throws(() => coreCount(), {
      message: `LEGIBLE_THREADS must be a whole number from 1 to 1024, not "${text}"`,
    });
  }
});
