import assert from "node:assert/strict";
import { test } from "node:test";
import { jaccard, normalizeLabel, type OpenLabel, topKept, trueClassConfidence } from "./label-agreement.js";

const named = (...names: readonly string[]): OpenLabel[] => names.map((name) => ({ name }));

for (const [one, other] of [
  ["Great White Shark", "great_white-shark"],
  ["ﬁre  engine", "fire engine"], // the ligature U+FB01
  ["Ｄｏｇ", "dog"], // full-width letters
  ["man–eater", "man-eater"], // an en dash
  ["lady’s slipper", "Lady's Slippers"],
  ["boxes", "box"],
  ["collies", "collie"],
  ["butterflies", "butterfly"],
  ["ostriches", "ostrich"],
  ["potatoes", "potato"],
  ["horses", "horse"],
  ["mice", "mouse"],
  ["wolves", "wolf"],
  ["buses", "bus"],
  ["glasses", "glass"],
  ["fire trucks", "fire truck"],
] as const)
  test(`"${one}" and "${other}" are the same label`, () => {
    assert.equal(normalizeLabel(one), normalizeLabel(other));
  });

for (const [one, other] of [
  ["shark", "white shark"],
  ["grass", "gras"],
  ["tennis", "tenni"],
  ["cactus", "cactu"],
  ["dog", "dogma"],
] as const)
  test(`"${one}" and "${other}" are different labels`, () => {
    assert.notEqual(normalizeLabel(one), normalizeLabel(other));
  });

test("the Jaccard index is the number of common names over that of all names", () => {
  // {dog, grass, ball} and {dog, grass, sky, tree}: 2 common of 5.
  assert.equal(jaccard(named("Dog", "Grass", "Ball"), named("grass", "dogs", "sky", "tree")), 2 / 5);
  assert.equal(jaccard(named("dog"), named("cat")), 0);
  assert.equal(jaccard(named("dog"), []), 0);
});

test("a name that repeats counts once, and one without signs not at all", () => {
  assert.equal(jaccard(named("dog", "Dogs", "DOG", " - "), named("dog")), 1);
});

test("two images without labels agree", () => {
  assert.equal(jaccard([], []), 1);
  assert.equal(topKept([], []), true);
});

test("the top label is the most confident, whatever the order", () => {
  const clean = [
    { name: "Cat", confidence: 0.4 },
    { name: "Dog", confidence: 0.9 },
  ];
  assert.equal(topKept([{ name: "dogs", confidence: 0.1 }], clean), true);
  assert.equal(topKept([{ name: "cat", confidence: 0.99 }], clean), false);
  assert.equal(topKept([], clean), false);
  assert.equal(topKept(clean, []), false);
});

test("of labels without confidences the first is on top", () => {
  assert.equal(topKept(named("dog", "cat"), named("dog", "tree")), true);
  assert.equal(topKept(named("cat", "dog"), named("dog", "cat")), false);
});

test("the confidence of the true class is the largest of its synonyms'", () => {
  const synonyms = new Set(["great white shark", "white shark"]);
  const labels = [
    { name: "White shark", confidence: 0.25 },
    { name: "Fish", confidence: 0.95 },
    { name: "Great-White Sharks", confidence: 0.5 },
  ];
  assert.equal(trueClassConfidence(labels, synonyms), 0.5);
  assert.equal(trueClassConfidence(labels, new Set(["tench"])), 0);
  assert.equal(trueClassConfidence([], synonyms), 0);
  assert.equal(trueClassConfidence(named("white shark"), synonyms), 1);
  assert.equal(trueClassConfidence([{ name: "white shark", confidence: null }], synonyms), 1);
});

test("a confidence is never outside [0, 1]", () => {
  const synonyms = new Set(["dog"]);
  const of = (confidence: number) => trueClassConfidence([{ name: "dog", confidence }], synonyms);
  assert.deepEqual([1.3, -0.2, Number.NaN, Number.POSITIVE_INFINITY].map(of), [1, 0, 0, 1]);
});
