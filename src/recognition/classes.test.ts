import assert from "node:assert/strict";
import { test } from "node:test";
import { classAnnotation } from "../data/annotation.js";
import { rangesOf, requireClasses } from "./classes.js";

const items = [0, 3].map((label) => ({ path: `${label}.png`, annotation: classAnnotation(label) }));

test("classes without a score, classes that were not in the training data and images without a class are refused by name", () => {
  requireClasses({ name: "net", classes: 4 }, items, "judge");
  requireClasses({ name: "net", classes: 4, learned: new Set([0, 3]) }, items, "judge");
  const refused = (known: object, expected: RegExp) =>
    assert.throws(() => requireClasses({ name: "net", classes: 4, ...known }, items, "train with"), expected);
  refused({ classes: 3 }, /cannot train with net on 3\.png: its class is 3, but net has 3 classes, from 0/);
  refused(
    { learned: new Set([2, 3]) },
    /cannot train with net on 0\.png: its class is 0, but net was trained only on 2-3/,
  );
  const unlabelled = [{ path: "x.png", annotation: classAnnotation(null) }];
  assert.throws(
    () => requireClasses({ name: "net", classes: 4 }, unlabelled, "judge"),
    /x\.png: the image has no class/,
  );
});

test("numbers that follow each other are written as a range", () => {
  assert.equal(rangesOf([7, 2, 0, 1, 9, 8]), "0-2, 7-9");
  assert.equal(rangesOf([4]), "4");
});
