import assert from "node:assert/strict";
import { test } from "node:test";
import { randomAt } from "../../random.js";
import type { DetectionProblem } from "./boxes.js";
import { cocoAveragePrecision } from "./coco.js";
import { mapDifference, mapWithInterval, meanPrecisionOf, meanPrecisions } from "./intervals.js";
import { vocAveragePrecision } from "./voc.js";

/** x, y, width and height. */
type Box = readonly [number, number, number, number];

const sides = ([x, y, width, height]: Box) => ({ left: x, top: y, right: x + width, bottom: y + height });

/** One class: the objects of each image, and its detections with their score first. */
const problemOf = (
  images: readonly (readonly [objects: readonly Box[], found: readonly (readonly [number, ...Box])[]])[],
): DetectionProblem => ({
  images: images.length,
  truth: images.flatMap(([objects], image) => objects.map((box) => ({ image, class: 0, ...sides(box) }))),
  found: images.flatMap(([, found], image) =>
    found.map(([score, ...box]) => ({ image, class: 0, score, ...sides(box) })),
  ),
});

/** The example of github.com/rafaelpadilla/Object-Detection-Metrics (Padilla et al., IWSSIP 2020): 15 objects, 24 detections. */
const sample = problemOf([
  [
    [
      [25, 16, 38, 56],
      [129, 123, 41, 62],
    ],
    [
      [0.88, 5, 67, 31, 48],
      [0.7, 119, 111, 40, 67],
      [0.8, 124, 9, 49, 67],
    ],
  ],
  [
    [
      [123, 11, 43, 55],
      [38, 132, 59, 45],
    ],
    [
      [0.71, 64, 111, 64, 58],
      [0.54, 26, 140, 60, 47],
      [0.74, 19, 18, 43, 35],
    ],
  ],
  [
    [
      [16, 14, 35, 48],
      [123, 30, 49, 44],
      [99, 139, 47, 47],
    ],
    [
      [0.18, 109, 15, 77, 39],
      [0.67, 86, 63, 46, 45],
      [0.38, 160, 62, 36, 53],
      [0.91, 105, 131, 47, 47],
      [0.44, 18, 148, 40, 44],
    ],
  ],
  [
    [
      [53, 42, 40, 52],
      [154, 43, 31, 34],
    ],
    [
      [0.35, 83, 28, 28, 26],
      [0.78, 28, 68, 42, 67],
      [0.45, 87, 89, 25, 39],
      [0.14, 10, 155, 60, 26],
    ],
  ],
  [
    [
      [59, 31, 44, 51],
      [48, 128, 34, 52],
    ],
    [
      [0.62, 50, 38, 28, 46],
      [0.44, 95, 11, 53, 28],
      [0.95, 29, 131, 72, 29],
      [0.23, 29, 163, 72, 29],
    ],
  ],
  [
    [
      [36, 89, 52, 76],
      [62, 58, 44, 67],
    ],
    [
      [0.45, 43, 48, 74, 38],
      [0.84, 17, 155, 29, 35],
      [0.43, 95, 110, 25, 42],
    ],
  ],
  [
    [
      [28, 31, 55, 63],
      [58, 67, 50, 58],
    ],
    [
      [0.48, 16, 20, 101, 88],
      [0.95, 33, 116, 37, 49],
    ],
  ],
]);

test("the sample of Object-Detection-Metrics has the published AP of 24.56 %, and 26.84 % with 11 points", () => {
  const { map, map11 } = vocAveragePrecision(sample, { iou: 0.3, inclusive: true });
  // Recalls of n/15 at precisions 1, 2/3, 3/7 and 7/23. The published sum of these products has terms cut to four digits.
  const exact = (1 + 2 / 3 + 4 * (3 / 7) + 7 / 23) / 15;
  assert.ok(Math.abs((map ?? 0) - exact) < 1e-12);
  assert.ok(Math.abs((map ?? 0) - 0.2456) < 1e-4);
  assert.equal((100 * (map11 ?? 0)).toFixed(2), "26.84");
});

const unit: Box = [0, 0, 10, 10];
const far: Box = [50, 50, 10, 10];

test("the second detection of an object is a false positive", () => {
  const found = [
    [0.9, ...unit],
    [0.8, ...unit],
    [0.7, ...far],
  ] as const;
  const { classes } = vocAveragePrecision(problemOf([[[unit, far], found]]));
  // Precisions 1, 1/2 and 2/3 at recalls 1/2, 1/2 and 1.
  assert.ok(Math.abs((classes.get(0)?.ap ?? 0) - (1 / 2 + (1 / 2) * (2 / 3))) < 1e-12);
});

test("an object that is difficult or a crowd counts neither for nor against a VOC figure", () => {
  const base = problemOf([
    [
      [unit, far],
      [
        [0.9, ...far],
        [0.8, ...unit],
      ],
    ],
  ]);
  for (const flag of ["difficult", "crowd"] as const) {
    const truth = base.truth.map((object, i) => (i === 1 ? { ...object, [flag]: true } : object));
    assert.deepEqual(vocAveragePrecision({ ...base, truth }).classes.get(0), { ap11: 1, ap: 1, positives: 1 });
  }
});

test("a class without objects has no average precision, and lowers no mean", () => {
  const base = problemOf([[[unit], [[0.9, ...unit]]]]);
  const problem = { ...base, found: [...base.found, { image: 0, class: 3, score: 1, ...sides(far) }] };
  const { classes, map, map11 } = vocAveragePrecision(problem);
  assert.deepEqual(classes.get(3), { ap11: null, ap: null, positives: 0 });
  assert.deepEqual([map, map11], [1, 1]);
  const coco = cocoAveragePrecision(problem);
  assert.deepEqual([coco.AP, coco.classes.get(3)?.AP], [1, -1]);
});

test("without objects the VOC means are null and COCO's figures -1", () => {
  const nothing = { images: 2, truth: [], found: problemOf([[[], [[1, ...unit]]]]).found };
  const { map, map11 } = vocAveragePrecision(nothing);
  assert.deepEqual([map, map11], [null, null]);
  const { classes, ...figures } = cocoAveragePrecision(nothing);
  assert.equal(classes.size, 1);
  assert.ok(Object.values(figures).every((value) => value === -1));
});

/** A problem whose detections are shifted objects and random boxes. */
function randomProblem(seed: number, images: number, classes: number, shift: number): DetectionProblem {
  const random = randomAt(seed);
  const box = (x: number, y: number, side: number) => ({ left: x, top: y, right: x + side, bottom: y + side });
  const objects = Array.from({ length: images * 3 }, (_, i) => ({
    image: i % images,
    class: random.integer(classes),
    x: 100 * random.uniform(),
    y: 100 * random.uniform(),
    side: 10 + 50 * random.uniform(),
  }));
  return {
    images,
    truth: objects.map(({ image, class: index, x, y, side }) => ({ image, class: index, ...box(x, y, side) })),
    found: objects.flatMap(({ image, class: index, x, y, side }) =>
      [1, 3].map((times) => {
        const move = () => times * shift * side * (random.uniform() - 0.5);
        return { image, class: index, score: random.uniform(), ...box(x + move(), y + move(), side) };
      }),
    ),
  };
}

/** The images of a problem, each as often as `copies` has it. */
function repeated(problem: DetectionProblem, copies: Uint32Array): DetectionProblem {
  const from = [...copies].flatMap((count, image) => Array<number>(count).fill(image));
  const taken = <T extends { image: number }>(all: readonly T[]) =>
    from.flatMap((source, image) => all.filter((each) => each.image === source).map((each) => ({ ...each, image })));
  return { images: from.length, truth: taken(problem.truth), found: taken(problem.found) };
}

test("the mean average precision of a resample is that of the repeated images, for every figure", () => {
  const problem = randomProblem(1, 12, 3, 0.5);
  const copies = Uint32Array.from([0, 2, 1, 0, 3, 1, 1, 0, 2, 1, 1, 0]);
  const again = repeated(problem, copies);
  const [voc, coco] = [vocAveragePrecision(again), cocoAveragePrecision(again)];
  for (const figure of meanPrecisions) {
    const expected = figure === "map" || figure === "map11" ? voc[figure] : coco[figure];
    const actual = meanPrecisionOf(problem, { figure })(copies);
    assert.ok(Math.abs(actual - (expected ?? -1)) < 1e-12, `${figure}: ${actual} is not ${expected}`);
  }
});

test("the interval of a difference is narrower than that of either mAP, contains it, and follows from the seed", () => {
  const [a, b] = [randomProblem(2, 100, 4, 0.3), randomProblem(2, 100, 4, 0.4)];
  const options = { resamples: 300, seed: 5 };
  const difference = mapDifference(a, b, options);
  const figure = mapWithInterval(a, options);
  assert.ok(difference.low < difference.difference && difference.difference < difference.high);
  assert.ok(figure.low < figure.value && figure.value < figure.high);
  assert.ok(difference.low > 0, "smaller shifts give a higher mAP");
  assert.deepEqual(mapDifference(a, b, options), difference);
  assert.notDeepEqual(mapDifference(a, b, { ...options, seed: 6 }), difference);
  assert.deepEqual(mapDifference(a, a, options), { difference: 0, low: 0, high: 0 });
});

test("results on different numbers of images are refused", () => {
  assert.throws(() => mapDifference(randomProblem(1, 3, 2, 0.3), randomProblem(1, 4, 2, 0.3)), /given: 3 and 4/);
});
