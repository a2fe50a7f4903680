import assert from "node:assert/strict";
import { test } from "node:test";
import type { MeasuredImage } from "../evaluation/measured-image.js";
import { flippedImages, flipTotals, shownImages } from "./flips.js";

/** An image of class 0 with the probability of that class among two, by row and judge; null: the image equals the clean one. */
const image = (file: string, shares: readonly (readonly number[])[], psnr: readonly number[] = []): MeasuredImage => ({
  file,
  label: 0,
  rows: shares.map((byJudge, row) => ({
    ...{ psnr: psnr[row] ?? 20, ssim: 1 },
    predictions: byJudge.map((share) => ({
      kind: "class" as const,
      ranked: [
        { class: 0, score: share },
        { class: 1, score: 1 - share },
      ].sort((a, b) => b.score - a.score),
    })),
  })),
});

const processors = ["none", "plain", "ra", "clean"];
/** ra over plain. */
const pairs = [[2, 1]] as const;

test("harmful flips come before helpful ones, each from the largest change of the class's share on, equal ones by name", () => {
  const images = [
    image("helpful", [[0], [0.4], [0.6], [1]]),
    image("slightly harmful", [[0], [0.6], [0.4], [1]]),
    image("b harmful", [[0], [0.9], [0.1], [1]]),
    image("a harmful", [[0], [0.9], [0.1], [1]]),
    image("right in both", [[0], [0.9], [0.6], [1]]),
    image("wrong in both", [[0], [0.4], [0.1], [1]]),
  ];
  const measurements = { processors, judges: ["judge"], images };
  assert.deepEqual(
    flippedImages(measurements, pairs).map((place) => images[place]?.file),
    ["a harmful", "b harmful", "slightly harmful", "helpful"],
  );
  assert.deepEqual(flipTotals(measurements, pairs), [{ pair: 0, judge: 0, harmful: 3, helpful: 1 }]);
});

test("an image that flips in both directions for two judges is chosen once and counted for each", () => {
  const measurements = {
    processors,
    judges: ["one", "other"],
    images: [
      image("a", [
        [0, 0],
        [0.9, 0.1],
        [0.1, 0.9],
        [1, 1],
      ]),
    ],
  };
  assert.deepEqual(flippedImages(measurements, pairs), [0]);
  assert.deepEqual(flipTotals(measurements, pairs), [
    { pair: 0, judge: 0, harmful: 1, helpful: 0 },
    { pair: 0, judge: 1, harmful: 0, helpful: 1 },
  ]);
});

test("without classifiers the images are those whose PSNR falls most, then those whose PSNR rises most", () => {
  const images = [
    image("rises", [[], [], [], []], [10, 20, 25, Number.POSITIVE_INFINITY]),
    image("falls", [[], [], [], []], [10, 20, 18, Number.POSITIVE_INFINITY]),
    image("falls more", [[], [], [], []], [10, 20, 15, Number.POSITIVE_INFINITY]),
    image("equal", [[], [], [], []], [10, 20, 20, Number.POSITIVE_INFINITY]),
  ];
  assert.deepEqual(flippedImages({ processors, judges: [], images }, pairs), [2, 1, 0]);
});

test("the views of a gallery are at most 240, unless one image of each kind has more", () => {
  for (const [rows, pairs] of [
    [4, 1],
    [7, 4],
    [12, 9],
  ] as const)
    assert.ok(shownImages(rows, pairs) * rows * pairs * 2 <= 240, `${rows} rows, ${pairs} pairs`);
  assert.equal(shownImages(4, 1), 12);
  assert.equal(shownImages(100, 98), 1);
});
