import assert from "node:assert/strict";
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { formulaImage } from "../../testing/images.js";
import { scoresOf } from "../../testing/scores.js";
import { hasShared, sharedPath, skipWithoutShared } from "../../testing/shared.js";
import { temporaryFolder, writeClassifier } from "../../testing/workspace.js";
import { toPlanar } from "../images/planar.js";
import { resize } from "../images/resize.js";
import { decodeImage } from "../platform/node/codec.js";
import { openClassifier } from "./classifier.js";
import { judgeInput } from "./judge-input.js";

async function classifierFile(t: TestContext, side = 32): Promise<string> {
  const path = join(temporaryFolder(t), "net.onnx");
  await writeClassifier(path, side);
  return path;
}

test("a prediction ranks the classes by the scores of the image resized to the input size", async (t) => {
  const path = await classifierFile(t);
  const judge = await openClassifier(path);
  const images = [formulaImage(50, 40), formulaImage(32, 32), formulaImage(17, 70)];
  const predictions = await judge.predict(images);
  for (const [i, image] of images.entries()) {
    const input = new Float32Array(3 * 32 * 32);
    toPlanar(resize(image, 32, 32, "bilinear"), input, 0);
    const scores = await scoresOf(path, {}, input);
    const ranked = predictions[i]?.ranked ?? [];
    assert.deepEqual([...ranked].map((each) => each.class).sort(), [0, 1]);
    for (const { class: index, score } of ranked) assert.ok(Math.abs(score - (scores[index] as number)) < 1e-5);
    assert.ok((ranked[0]?.score ?? 0) >= (ranked[1]?.score ?? 0));
  }
  await judge.release();
});

test("a classifier can predict the classes that it scores and that its sidecar lists as learned", async (t) => {
  const path = await classifierFile(t);
  const items = [0, 1, 2].map((label) => ({
    path: `${label}.png`,
    annotation: { kind: "class", class: label } as const,
  }));
  const judge = await openClassifier(path);
  await judge.requireKnows(items.slice(0, 2), "judge");
  await assert.rejects(judge.requireKnows(items, "judge"), /cannot judge net on 2\.png: its class is 2, but net has 2/);
  const sidecar = path.replace(/onnx$/, "json");
  writeFileSync(sidecar, JSON.stringify({ ...JSON.parse(readFileSync(sidecar, "utf8")), learned: [1] }));
  const half = await openClassifier(path);
  await assert.rejects(half.requireKnows(items.slice(0, 1), "judge"), /its class is 0, but net was trained only on 1/);
});

test("the key depends on the file, the preprocessing and the output, and on nothing else", async (t) => {
  const [path, copy] = [await classifierFile(t), await classifierFile(t)];
  const keyOf = async (file: string, settings = {}) => (await openClassifier(file, settings)).key;
  const key = await keyOf(path);
  assert.equal(await keyOf(copy), key);
  const others = [await keyOf(path, { mean: [0, 0, 0] }), await keyOf(path, { output: "logits" })];
  appendFileSync(copy, Uint8Array.of(0xa2, 0x06, 0x00)); // field 100 of the model, empty: another file, the same graph
  others.push(await keyOf(copy));
  assert.equal(new Set([key, ...others]).size, 4);
});

test("an array of images is resized once for all judges of one size", () => {
  const images = [formulaImage(40, 40)];
  assert.equal(judgeInput(images, 24), judgeInput(images, 24));
  assert.notEqual(judgeInput(images, 24), judgeInput([...images], 24));
  assert.equal(judgeInput(images, 16).length, 3 * 16 * 16);
});

test("SqueezeNet ranks the true class of an image first", { skip: skipWithoutShared }, async () => {
  const folder = sharedPath("assets", "photos", "imagenet-val-1300");
  const rows = hasShared ? readFileSync(join(folder, "labels.csv"), "utf8").trimEnd().split("\n").slice(1, 21) : [];
  const judge = await openClassifier(sharedPath("assets", "recognizers", "squeezenet1_1.onnx"));
  const images = await Promise.all(rows.map((row) => decodeImage(join(folder, row.split(",")[0] as string))));
  const predictions = await judge.predict(images);
  const right = rows.filter((row, i) => predictions[i]?.ranked[0]?.class === Number(row.split(",")[1])).length;
  // SqueezeNet 1.1 has 58 % top-1 on ImageNet; of 20 images fewer than 5 would be far below.
  assert.ok(right >= 5, `${right} of 20`);
});
