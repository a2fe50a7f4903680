import assert from "node:assert/strict";
import { test } from "node:test";
import { linearClassifier, recognizerOf } from "../../testing/linear-classifiers.js";
import { classAnnotation } from "../data/annotation.js";
import type { Image } from "../images/image.js";
import { planesOf } from "../images/planar.js";
import { psnr } from "../metrics/psnr.js";
import { randomAt } from "../random.js";
import { LossGradientSession } from "../recognition/loss-gradient.js";
import { Control } from "./control.js";

const [SIDE, COUNT, COST] = [32, 5, 0.1];

/** Smooth images, and the same with noise of a few levels. */
function samplesOf(): { readonly clean: Image; readonly noisy: Image; readonly label: number }[] {
  return Array.from({ length: COUNT }, (_, index) => {
    const random = randomAt(3, index);
    const clean = Uint8Array.from({ length: 3 * SIDE ** 2 }, (_, i) => 128 + 90 * Math.sin((i * (index + 1)) / 50));
    const noisy = clean.map((value) => value + Math.round(8 * random.normal()));
    const image = (data: Uint8Array): Image => ({ width: SIDE, height: SIDE, data });
    return { clean: image(clean), noisy: image(noisy), label: index % 3 };
  });
}

test("a control lowers the recognizer's loss of each image at the stated cost of PSNR, the same in any group of images", async () => {
  const model = recognizerOf(linearClassifier(3, SIDE, 4).graph, SIDE);
  const control = new Control(model, { over: "plain", cost: COST });
  const samples = samplesOf().map((sample, i) => ({
    ...{ ...sample, annotation: classAnnotation(sample.label), file: `${i}` },
  }));
  const noisy = samples.map((sample) => sample.noisy);
  const perturbed = await control.perturb(noisy, samples);
  const again = await control.perturb(noisy.slice(2), samples.slice(2));
  await control.release();
  assert.deepEqual(again, perturbed.slice(2));
  const session = await LossGradientSession.open(model);
  for (const [i, { clean, noisy: before, label }] of samples.entries()) {
    const after = perturbed[i] as Image;
    const lossOf = async (image: Image) => (await session.lossGradients(planesOf(image).data, [label])).losses[0];
    assert.ok(((await lossOf(after)) as number) < ((await lossOf(before)) as number));
    const cost = psnr(before, clean) - psnr(after, clean);
    assert.ok(Math.abs(cost - COST) < 0.005, `image ${i} lost ${cost} dB`);
  }
  await session.release();
});

test("a control leaves an image alone that equals the clean one, and refuses a cost of 0 and images without a class", async () => {
  const model = recognizerOf(linearClassifier(3, SIDE, 4).graph, SIDE);
  const clean = samplesOf()[0]?.clean as Image;
  const control = new Control(model, { over: "plain", cost: COST });
  const sample = { clean, annotation: classAnnotation(1), file: "a.png" };
  assert.deepEqual(await control.perturb([clean], [sample]), [clean]);
  const unlabeled = { ...sample, annotation: classAnnotation(null) };
  await assert.rejects(control.perturb([clean], [unlabeled]), /the control needs the class of a\.png/);
  await control.release();
  assert.throws(() => new Control(model, { over: "plain", cost: 0 }), /the cost must be above 0/);
});
