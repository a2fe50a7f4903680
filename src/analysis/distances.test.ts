import assert from "node:assert/strict";
import { test } from "node:test";
import { linearClassifier, recognizerOf } from "../../testing/linear-classifiers.js";
import { randomAt } from "../random.js";
import { LossGradientSession } from "../recognition/loss-gradient.js";
import { gradientOf, LEGITIMATE, measureDistances, RANDOM } from "./distances.js";
import { type AnalyzedImage, nearestOfOtherClass, planarOf } from "./images.js";
import { directionBetween, randomDirection } from "./vectors.js";

const [SIDE, COUNT, CLASSES] = [6, 12, 4];
const VALUES = 3 * SIDE ** 2;

/** Images with the class that `scores` gives them as label. */
function imagesLabeledBy(classOf: (x: Float32Array) => number): AnalyzedImage[] {
  return Array.from({ length: COUNT }, (_, i) => {
    const random = randomAt(5, i);
    const data = Uint8Array.from({ length: VALUES }, () => random.integer(256));
    const image = { width: SIDE, height: SIDE, data };
    return { item: { path: "", annotation: { kind: "none" } }, file: `${i}`, image, label: classOf(planarOf(image)) };
  });
}

test("distances of linear classifiers equal their closed form, in the gradient's and any other direction, and at least", async () => {
  const [one, other] = [linearClassifier(CLASSES, SIDE, 1), linearClassifier(CLASSES, SIDE, 2)];
  const scoresOf = ({ weights, biases }: typeof one, x: Float32Array) =>
    weights.map((w, k) => w.reduce((sum, value, i) => sum + value * (x[i] as number), biases[k] as number));
  const best = (scores: number[]) => scores.indexOf(Math.max(...scores));
  const images = imagesLabeledBy((x) => best(scoresOf(one, x)));
  const sessions = await Promise.all(
    [one, other].map(({ graph }) => LossGradientSession.open(recognizerOf(graph, SIDE), { batch: 8 })),
  );
  const neighbors = nearestOfOtherClass(images);
  const options = { first: 0.01, maximum: 1e3, tolerance: 1e-5, seed: 3 };
  const measured = await measureDistances(images, neighbors, sessions, options);
  for (const session of sessions) await session.release();
  let compared = 0;
  for (const [i, { label, recognizers }] of measured.entries()) {
    const x = planarOf(images[i]?.image as AnalyzedImage["image"]);
    const softmaxGradient = ({ weights, biases }: typeof one) => {
      const scores = scoresOf({ weights, biases } as typeof one, x);
      const total = scores.reduce((sum, score) => sum + Math.exp(score), 0);
      const away = x.map((_, j) =>
        weights.reduce(
          (sum, w, k) => sum + (Math.exp(scores[k] as number) / total - (k === label ? 1 : 0)) * (w[j] as number),
          0,
        ),
      );
      return directionBetween(new Float32Array(VALUES), away);
    };
    const directions: Record<string, Float32Array> = {
      [RANDOM]: randomDirection(VALUES, randomAt(3, 1, i)),
      [LEGITIMATE]: directionBetween(x, planarOf(images[neighbors[i] as number]?.image as AnalyzedImage["image"])),
      [gradientOf("linear-1")]: softmaxGradient(one),
      [gradientOf("linear-2")]: softmaxGradient(other),
    };
    for (const [name, model] of [
      ["linear-1", one],
      ["linear-2", other],
    ] as const) {
      const { predicted, margin, distances, nearest } = recognizers[name] ?? assert.fail();
      const scores = scoresOf(model, x);
      assert.equal(predicted, best(scores));
      const [first = 0, second = 0] = scores.toSorted((a, b) => b - a);
      assert.ok(Math.abs(margin - (first - second)) < 1e-3);
      if (predicted !== label) {
        assert.equal(distances, undefined);
        continue;
      }
      // Along u the label k' and class k tie at t = (score' - score) / ((w - w')·u), if that is positive.
      const differences = model.weights.map((w) => w.map((value, j) => value - (model.weights[label]?.[j] as number)));
      const behind = scores.map((score) => first - score);
      const tie = (u: Float32Array) =>
        Math.min(
          ...differences.flatMap((d, k) => {
            const slope = d.reduce((sum, value, j) => sum + value * (u[j] as number), 0);
            return k !== label && slope > 0 ? [(behind[k] as number) / slope] : [];
          }),
        );
      for (const [direction, u] of Object.entries(directions)) {
        const expected = tie(u);
        const found = distances?.[direction];
        if (expected > 1e3) assert.equal(found, null);
        else assert.ok(Math.abs((found as number) / expected - 1) < 1e-4, `${direction}: ${found}, not ${expected}`);
        compared++;
      }
      const least = Math.min(
        ...differences.map((d, k) => (k === label ? 1e9 : (behind[k] as number) / Math.hypot(...d))),
      );
      assert.ok(Math.abs((nearest as number) / least - 1) < 1e-4);
    }
  }
  assert.ok(compared >= 4 * COUNT);
});
