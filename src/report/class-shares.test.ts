import assert from "node:assert/strict";
import { test } from "node:test";
import { sharesOf } from "./class-shares.js";

const ranked = (...scores: number[]) => scores.map((score, i) => ({ class: i, score }));

test("probabilities are shares as they are, and other scores by the softmax", () => {
  assert.deepEqual(sharesOf(ranked(0.6, 0.3, 0.1)), [0.6, 0.3, 0.1]);
  const six = ranked(0.3, 0.2, 0.1, 0.1, 0.05, 0.05);
  assert.deepEqual(
    sharesOf(six),
    six.map(({ score }) => score),
  );
  const [e1, e2] = [Math.exp(-1), Math.exp(-2)];
  for (const [i, share] of sharesOf(ranked(1003, 1002, 1001)).entries())
    assert.ok(Math.abs(share - ([1, e1, e2][i] ?? 0) / (1 + e1 + e2)) < 1e-12);
  // Two classes whose scores do not sum to 1 have no probabilities.
  for (const [one, other] of [
    [0.9, 0.8],
    [0.2, 0.1],
  ] as const) {
    const [share = 0] = sharesOf(ranked(one, other));
    assert.ok(Math.abs(share - 1 / (1 + Math.exp(other - one))) < 1e-12);
  }
});

test("scores that are no numbers have no share, and no scores have no shares", () => {
  assert.deepEqual(sharesOf(ranked(Number.NaN, 3)), [0, 1]);
  assert.deepEqual(sharesOf(ranked(Number.NaN, Number.NaN)), [0, 0]);
  assert.deepEqual(sharesOf([]), []);
});
