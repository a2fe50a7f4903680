import type { TestContext } from "node:test";

/** Lets a test run with this number of threads and workers; the tests run with one. */
export function withCores(t: TestContext, count: number): void {
  const before = process.env.LEGIBLE_THREADS;
  process.env.LEGIBLE_THREADS = String(count);
  t.after(() => {
    if (before === undefined) delete process.env.LEGIBLE_THREADS;
    else process.env.LEGIBLE_THREADS = before;
  });
}
