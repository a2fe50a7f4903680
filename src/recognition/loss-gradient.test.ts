import assert from "node:assert/strict";
import { test } from "node:test";
import { linearClassifier, recognizerOf } from "../../testing/linear-classifiers.js";
import { GraphBuilder } from "../onnx/builder.js";
import { randomAt } from "../random.js";
import { LossGradientSession } from "./loss-gradient.js";

const SIDE = 4;
const VALUES = 3 * SIDE ** 2;

const imagesOf = (count: number, values = VALUES) => {
  const random = randomAt(7);
  return Float32Array.from({ length: count * values }, () => random.uniform());
};

/** The largest difference relative to the largest magnitude. */
function relative(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  const [a, b] = [Array.from(found), Array.from(expected)];
  const most = Math.max(...b.map(Math.abs));
  return Math.max(...a.map((value, i) => Math.abs(value - (b[i] as number)))) / most;
}

test("losses and gradients of a linear classifier equal softmax's closed form, also where batches are padded", async () => {
  const { weights, biases, graph } = linearClassifier(3, SIDE, 1);
  const session = await LossGradientSession.open(recognizerOf(graph, SIDE), { batch: 4 });
  const [images, labels] = [imagesOf(6), [0, 1, 2, 2, 1, 0]];
  const { losses, gradients } = await session.lossGradients(images, labels);
  const directions = await session.lossDirections(images, labels);
  await session.release();
  for (const [i, label] of labels.entries()) {
    const image = images.subarray(i * VALUES, (i + 1) * VALUES);
    const scores = weights.map((row, k) =>
      row.reduce((sum, w, j) => sum + w * (image[j] as number), biases[k] as number),
    );
    const total = scores.reduce((sum, score) => sum + Math.exp(score), 0);
    const p = scores.map((score) => Math.exp(score) / total);
    assert.ok(Math.abs((losses[i] as number) + Math.log(p[label] as number)) < 1e-5);
    const expected = Array.from({ length: VALUES }, (_, j) =>
      p.reduce((sum, share, k) => sum + (share - (k === label ? 1 : 0)) * (weights[k]?.[j] as number), 0),
    );
    assert.ok(relative(gradients.subarray(i * VALUES, (i + 1) * VALUES), expected) < 1e-4);
    const length = Math.hypot(...expected);
    const unit = expected.map((value) => value / length);
    assert.ok(relative(directions.subarray(i * VALUES, (i + 1) * VALUES), unit) < 1e-4);
  }
});

test("the direction of the loss gradient is exact where the label's probability rounds to 1", async () => {
  const { weights, graph } = linearClassifier(2, SIDE, 2);
  const b = GraphBuilder.from({ ...graph, outputs: [] });
  b.output("certain", b.Mul(graph.outputs[0]?.name as string, b.scalar(200)), ["N", 2]);
  const session = await LossGradientSession.open(recognizerOf(b.build(), SIDE), { batch: 1 });
  const images = imagesOf(1);
  const scores = await session.scores(images);
  const label = (scores[0] as number) > (scores[1] as number) ? 0 : 1;
  const direction = await session.lossDirections(images, [label]);
  await session.release();
  const away = (weights[1 - label] as Float32Array).map((value, i) => value - (weights[label]?.[i] as number));
  const length = Math.hypot(...away);
  assert.ok(Math.abs((scores[0] as number) - (scores[1] as number)) > 100);
  assert.ok(
    relative(
      direction,
      away.map((value) => value / length),
    ) < 1e-5,
  );
});

test("images of another side are resized inside the graph, and gradients pass through the resize", async () => {
  const model = recognizerOf(linearClassifier(3, SIDE, 3).graph, SIDE);
  const session = await LossGradientSession.open(model, { side: 2 * SIDE, batch: 2 });
  const images = imagesOf(2, 4 * VALUES);
  const { gradients } = await session.lossGradients(images, [0, 1]);
  const step = 1e-2;
  for (const at of [0, 37, 4 * VALUES + 5]) {
    const moved = (change: number) => images.map((value, i) => (i === at ? value + change : value));
    const loss = async (change: number) => (await session.lossGradients(moved(change), [0, 1])).losses;
    const image = at < 4 * VALUES ? 0 : 1;
    const [up, down] = [(await loss(step))[image] as number, (await loss(-step))[image] as number];
    assert.ok(Math.abs((up - down) / (2 * step) - (gradients[at] as number)) < 1e-3);
  }
  await session.release();
});
