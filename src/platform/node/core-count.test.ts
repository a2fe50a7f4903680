import assert from "node:assert/strict";
import { availableParallelism } from "node:os";
import { test } from "node:test";
import { withCores } from "../../../testing/cores.js";
import { coreCount } from "./core-count.js";

test("the environment overrides the number of cores", (t) => {
  withCores(t, 3);
  assert.equal(coreCount(), 3);
  process.env.LEGIBLE_THREADS = "";
  assert.equal(coreCount(), availableParallelism());
});

test("what is no number of threads is refused", (t) => {
  withCores(t, 1);
  for (const text of ["0", "-1", "1.5", "two", "1025"]) {
    process.env.LEGIBLE_THREADS = text;
    const message = `LEGIBLE_THREADS must be a whole number from 1 to 1024, not "${text}"`;
    assert.throws(() => coreCount(), { message });
  }
});
