import assert from "node:assert/strict";
import { test } from "node:test";
import { randomAt } from "../random.js";
import { top1, top5 } from "./accuracy.js";
import { rankingOf, rankOf } from "./ranking.js";

test("the rank counts the classes with a larger score", () => {
  const ranking = rankingOf(Float32Array.of(9, 9, 0.1, 3, -2, 0.5), 2, 4);
  assert.deepEqual(
    [0, 1, 2, 3].map((label) => rankOf(ranking, label)),
    [2, 0, 3, 1],
  );
});

for (const [what, value] of [
  ["the same for all classes", 0],
  ["NaN", Number.NaN],
] as const)
  test(`an output that is ${what} is wrong for every label`, () => {
    const ranking = rankingOf(new Float32Array(3).fill(value), 0, 3);
    assert.deepEqual(
      [0, 1, 2].map((label) => rankOf(ranking, label)),
      [2, 2, 2],
    );
  });

/** The definition, on all scores. */
const countAhead = (scores: Float32Array, label: number): number =>
  scores.filter((score, other) => other !== label && !(score < (scores[label] as number))).length;

test("the ranks 0 to 4 are those of all scores, however many are equal, infinite or NaN", () => {
  for (let seed = 0; seed < 2000; seed++) {
    const random = randomAt(seed);
    const levels = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 1, 2, 3, 4, 5, 6, 7, 8];
    const scores = Float32Array.from({ length: 2 + random.integer(12) }, () => levels[random.integer(12)] as number);
    const ranking = rankingOf(scores, 0, scores.length);
    for (const label of scores.keys()) {
      const [got, want] = [rankOf(ranking, label), countAhead(scores, label)];
      assert.equal(Math.min(got, 5), Math.min(want, 5), `label ${label} of ${scores}`);
    }
  }
});

test("top-1 and top-5 are shares of images with Wilson's interval; an image without a class is never right", () => {
  const ranked = rankingOf(Float32Array.of(1, 7, 6, 5, 4, 3, 2), 0, 7);
  const annotations = [1, 2, 5, 6, 0].map((label) => ({ kind: "class", class: label }));
  const predictions = annotations.map(() => ({ ranked }));
  assert.deepEqual(top1.scores(predictions, annotations), [1, 0, 0, 0, 0]);
  assert.deepEqual(top5.scores(predictions, annotations), [1, 1, 1, 0, 0]);
  assert.deepEqual(top5.scores([{ ranked }], [{ kind: "none" }]), [0]);
  // Newcombe 1998 (Statistics in Medicine 17, 857-872), table I, method 3: 15 of 148.
  const { value, low, high } = top1.figure(Array.from({ length: 148 }, (_, i) => Number(i < 15)));
  assert.deepEqual([value, low.toFixed(4), high.toFixed(4)], [15 / 148, "0.0624", "0.1605"]);
});
