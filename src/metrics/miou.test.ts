import assert from "node:assert/strict";
import { test } from "node:test";
import { randomAt } from "../random.js";
import { meanIou, meanIouDifference, meanIouWithInterval, pixelCounts } from "./miou.js";

test("mean intersection over union equals a count by hand, without the pixels labeled 255", () => {
  const annotation = [0, 0, 0, 1, 1, 2, 255, 255];
  const prediction = [0, 0, 1, 1, 2, 2, 1, 0];
  const { classes, mean } = meanIou([pixelCounts(annotation, prediction, 4)]);
  assert.deepEqual(classes, [2 / 3, 1 / 3, 1 / 2, null]);
  assert.ok(Math.abs(mean - 0.5) < 1e-15);
});

test("pixels of several images are counted together", () => {
  const images = [pixelCounts([0, 0, 0, 1], [0, 0, 0, 0], 2), pixelCounts([1, 1, 1, 1], [1, 1, 1, 0], 2)];
  assert.deepEqual(meanIou(images).classes, [3 / 5, 3 / 5]);
  assert.deepEqual(meanIou(images, Uint32Array.of(2, 0)).classes, [6 / 8, 0]);
});

test("a class that no image contains has no intersection over union, and without any class the mean is NaN", () => {
  assert.deepEqual(meanIou([pixelCounts([255], [0], 2)]), { classes: [null, null], mean: Number.NaN });
});

test("an annotation of another size, or with an unknown class, is refused", () => {
  assert.throws(() => pixelCounts([0], [0, 0], 2), RangeError);
  assert.throws(() => pixelCounts([7], [0], 2), /class 7/);
});

test("the interval of a difference of mean intersections over union is paired and follows from the seed", () => {
  const random = randomAt(3);
  const imageOf = (errors: number) => {
    const annotation = Array.from({ length: 50 }, () => random.integer(3));
    const prediction = annotation.map((label) => (random.uniform() < errors ? random.integer(3) : label));
    return pixelCounts(annotation, prediction, 3);
  };
  const good = Array.from({ length: 60 }, () => imageOf(0.1));
  const bad = Array.from({ length: 60 }, () => imageOf(0.3));
  const { difference, low, high } = meanIouDifference(good, bad, { seed: 1, resamples: 200 });
  assert.ok(0 < low && low < difference && difference < high);
  assert.deepEqual(meanIouDifference(good, good), { difference: 0, low: 0, high: 0 });
  assert.deepEqual(meanIouWithInterval(good, { seed: 4 }), meanIouWithInterval(good, { seed: 4 }));
});
