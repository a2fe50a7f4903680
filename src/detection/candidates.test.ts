import assert from "node:assert/strict";
import { test } from "node:test";
import { randomAt } from "../random.js";
import { Candidates, suppress } from "./candidates.js";

/** 300 boxes of three classes around twelve places. */
function randomBoxes(seed: number): Candidates {
  const random = randomAt(seed, 0);
  const found = new Candidates(0.1);
  for (let i = 0; i < 300; i++) {
    const [x, y] = [40 * (i % 4) + 5 * random.normal(), 40 * (i % 3) + 5 * random.normal()];
    found.add(i % 3, Math.abs(random.normal()) / 3, x, y, x + 30 + 3 * random.normal(), y + 30 + 3 * random.normal());
  }
  return found;
}

/** The definition: from the best score down, remove every later box that overlaps a kept one. */
function byDefinition({ scores, classes, corners }: Candidates, iou: number, classWise: boolean): number[] {
  let left = scores.map((score, i) => ({ i, score })).sort((a, b) => b.score - a.score);
  const kept: number[] = [];
  const box = (i: number) => corners.slice(4 * i, 4 * i + 4) as [number, number, number, number];
  const area = ([a, b, c, d]: readonly number[]) =>
    Math.max(0, (c as number) - (a as number)) * Math.max(0, (d as number) - (b as number));
  while (left.length > 0) {
    const [{ i } = { i: 0 }, ...rest] = left;
    kept.push(i);
    left = rest.filter(({ i: j }) => {
      if (classWise && classes[i] !== classes[j]) return true;
      const [a, b] = [box(i), box(j)];
      const shared = area([Math.max(a[0], b[0]), Math.max(a[1], b[1]), Math.min(a[2], b[2]), Math.min(a[3], b[3])]);
      return shared / (area(a) + area(b) - shared) <= iou;
    });
  }
  return kept;
}

for (const classWise of [true, false])
  test(`suppression ${classWise ? "by class" : "over all classes"} keeps what its definition keeps`, () => {
    for (const seed of [1, 2, 3]) {
      const found = randomBoxes(seed);
      for (const iou of [0, 0.3, 0.45, 0.7]) {
        const expected = byDefinition(found, iou, classWise);
        assert.deepEqual(suppress(found, iou, classWise, 1000), expected, `seed ${seed}`);
        assert.deepEqual(suppress(found, iou, classWise, 5), expected.slice(0, 5));
      }
      assert.equal(suppress(found, 1, classWise, 1000).length, found.scores.length);
    }
  });

test("boxes that are not finite, have no area or no class, or a score of the threshold or less are no candidates", () => {
  const found = new Candidates(0.5);
  found.add(0, 0.5, 0, 0, 1, 1);
  found.add(0, Number.NaN, 0, 0, 1, 1);
  found.add(0, Number.POSITIVE_INFINITY, 0, 0, 1, 1);
  found.add(0, 0.9, 0, 0, 0, 1);
  found.add(0, 0.9, 0, Number.NaN, 1, 1);
  found.add(0, 0.9, 0, 0, Number.POSITIVE_INFINITY, 1);
  found.add(-1, 0.9, 0, 0, 1, 1);
  assert.equal(found.scores.length, 0);
  found.add(0, 0.6, 0, 0, 1, 1);
  assert.equal(found.scores.length, 1);
});

test("suppression of 30 000 candidates of 80 classes takes less than three seconds", () => {
  const [random, found] = [randomAt(5, 0), new Candidates(0)];
  for (let i = 0; i < 30000; i++) {
    const [x, y] = [600 * Math.abs(random.normal()), 600 * Math.abs(random.normal())];
    found.add(i % 80, Math.abs(random.normal()) / 5, x, y, x + 20, y + 20);
  }
  const start = performance.now();
  suppress(found, 0.45, true, 300);
  assert.ok(performance.now() - start < 3000);
});
