import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryFolder, writeLabeledImages } from "../../testing/workspace.js";
import { classOf } from "../data/annotation.js";
import { openDataset } from "../data/dataset.js";
import { wilson } from "../metrics/bootstrap.js";
import type { ClassPrediction, Judge } from "../recognition/judge.js";
import { cleanAccuracy } from "./clean-accuracy.js";

/** Predicts class 0 for every image. */
const constant: Judge<ClassPrediction> = {
  kind: "class",
  name: "constant",
  key: "constant",
  async requireKnows() {},
  predict: async (images) => images.map(() => ({ kind: "class", ranked: [{ class: 0, score: 1 }] })),
};

test("the accuracy on clean images leaves out images without a class and images that cannot be read", async (t) => {
  const folder = temporaryFolder(t);
  await writeLabeledImages(folder, 5, 24); // classes 0, 1, 0, 1, 0
  writeFileSync(join(folder, "0.png"), "no image");
  const dataset = await openDataset([folder], { needLabels: true });
  const items = dataset.items.map((item) =>
    item.path.endsWith("1.png") ? { ...item, annotation: { kind: "none" } as const } : item,
  );
  assert.equal(items.filter((item) => classOf(item) === null).length, 1);
  const { value, low, high, count } = await cleanAccuracy(constant, { ...dataset, items });
  assert.deepEqual([count, value, low, high], [3, 2 / 3, ...wilson(2, 3)]);
});

test("a data set of which no image can be read is refused", async (t) => {
  const folder = temporaryFolder(t);
  await writeLabeledImages(folder, 1, 24);
  writeFileSync(join(folder, "0.png"), "no image");
  const dataset = await openDataset([folder], { needLabels: true });
  await assert.rejects(cleanAccuracy(constant, dataset), /none of the 1 images in .* can be judged/);
});
