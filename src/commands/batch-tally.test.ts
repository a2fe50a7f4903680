import assert from "node:assert/strict";
import { test } from "node:test";
import { BatchTally, entryOf, numbersOf } from "./batch-tally.js";

test("the numbers of a batch are those of its images by status: what a gate skips is neither done nor kept", () => {
  const result = { width: 4, height: 4, seconds: 0, input: "a.png", output: "b.png" };
  const skipped = { ...result, skipped: "it is clean" };
  const events = [
    ...[result, skipped, skipped].map((each) => ({ kind: "done", ...each }) as const),
    { kind: "kept", ...skipped } as const,
    { kind: "failed", ...result, reason: "it is empty" } as const,
  ];
  const tally = new BatchTally();
  for (const event of events) tally.add(event);
  const numbers = numbersOf(tally);
  assert.deepEqual(numbers, { done: 1, kept: 0, exists: 0, skipped: 3, failed: 1 });
  for (const [status, number] of Object.entries(numbers))
    assert.equal(events.filter((event) => entryOf(event).status === status).length, number, status);
  assert.equal(tally.written, 4);
});
