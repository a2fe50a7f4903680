import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import sharp from "sharp";
import { enlarging, temporaryFolder, writeFiles, writeLabeledImages } from "../../testing/workspace.js";
import { openDataset } from "../data/dataset.js";
import { findTask } from "../data/tasks/index.js";
import { rankingOf } from "../metrics/ranking.js";
import { Processor } from "../processors/processor.js";
import type { ClassPrediction, Judge } from "../recognition/judge.js";
import { type EvaluateOptions, evaluate } from "./evaluate.js";
import { evaluationFrom } from "./from-predictions.js";

/** Predicts class 1 for bright images, with a NaN and an infinite score among the others. */
const brightness: Judge<ClassPrediction> = {
  kind: "class",
  name: "brightness",
  key: "brightness",
  async requireKnows() {},
  predict: async (images) =>
    images.map(({ data }) => {
      const mean = data.reduce((a, b) => a + b) / data.length / 255;
      const scores = [0.5, mean, mean > 0.52 ? Number.NaN : 0, Number.NEGATIVE_INFINITY];
      return { kind: "class", ranked: rankingOf(scores, 0, 4) };
    }),
};

/** Predicts class 0 for every image. */
const constant: Judge<ClassPrediction> = {
  ...brightness,
  name: "constant",
  predict: async (images) =>
    images.map(() => ({ kind: "class", ranked: [{ class: 0, score: Number.POSITIVE_INFINITY }] })),
};

async function evaluated(t: TestContext, options: Partial<EvaluateOptions> = {}) {
  const folder = temporaryFolder(t);
  await writeLabeledImages(folder, 7, 48);
  writeFileSync(join(folder, "broken.png"), "no image");
  const predictions = join(folder, "out", "predictions.jsonl");
  const scale = options.task?.scale ?? 4;
  const evaluation = await evaluate({
    dataset: await openDataset([folder], { needLabels: false }),
    task: findTask("sr", { scale: 4 }),
    processors: [new Processor(enlarging(scale))],
    judges: [],
    batch: 3,
    predictions,
    ...options,
  });
  return { evaluation, predictions };
}

const choices: Readonly<Record<string, Partial<EvaluateOptions>>> = {
  "two judges, NaN and infinite scores included": { judges: [brightness, constant] },
  "no judges": {},
  "the protocol full, on Y too": { protocol: "full", judges: [constant] },
  "a task of scale 1": { task: findTask("jpeg", { quality: 50 }), judges: [brightness] },
};

for (const [what, options] of Object.entries(choices))
  test(`the evaluation made from a predictions file equals the one that wrote it: ${what}`, async (t) => {
    const { evaluation, predictions } = await evaluated(t, options);
    assert.equal(evaluation.data.count, 7);
    assert.equal(evaluation.data.skipped.length, 1);
    assert.deepEqual(await evaluationFrom(predictions), evaluation);
  });

test("a predictions file has a header and a line for each image, processor and judge", async (t) => {
  const { predictions } = await evaluated(t, { judges: [brightness, constant] });
  const [header, ...lines] = readFileSync(predictions, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  assert.deepEqual(
    [header.processors, header.judges],
    [
      ["none", "enlarging", "clean"],
      ["brightness", "constant"],
    ],
  );
  assert.equal(lines.length, 7 * 3 * 2);
  const { file, processor, judge, label, ranked, psnr } = lines[5];
  assert.deepEqual([file, processor, judge, label, psnr], [lines[0].file, "clean", "constant", 0, null]);
  assert.deepEqual(ranked, [{ class: 0, score: "Infinity" }]);
});

test("a predictions file that is truncated, out of order or something else is refused with its line", async (t) => {
  const { predictions } = await evaluated(t, { judges: [brightness] });
  const lines = readFileSync(predictions, "utf8").trimEnd().split("\n");
  const refused = async (changed: readonly string[], expected: RegExp) => {
    writeFileSync(predictions, changed.join("\n"));
    await assert.rejects(evaluationFrom(predictions), { name: "UserError", message: expected });
  };
  await refused(lines.slice(0, -1), /is truncated/);
  await refused([...lines, lines[1] as string], /more than the 7 images/);
  await refused([lines[0] as string, ...lines.slice(2)], /line 2: lines are not in the order/);
  await refused(["{}", ...lines.slice(1)], /is not a predictions file/);
  await refused(["{", ...lines.slice(1)], /its first line is not valid JSON/);
  await refused([lines[0] as string, "{", ...lines.slice(2)], /line 2: it is not valid JSON/);
  await refused([lines[0] as string, "{}", ...lines.slice(2)], /line 2: .*file: it is missing; expected string/);
  const withoutPrediction = JSON.stringify({ ...JSON.parse(lines[1] as string), ranked: null });
  await refused(
    [lines[0] as string, withoutPrediction, ...lines.slice(2)],
    /prediction of brightness for .* is missing/,
  );
  await assert.rejects(evaluationFrom(join(predictions, "..", "none.jsonl")), /cannot read the predictions/);
});

test("a flat image is counted as exact, a JPEG without its end marker is listed, and both are in the predictions file", async (t) => {
  const folder = temporaryFolder(t);
  await writeLabeledImages(folder, 3, 48);
  const flat = sharp({ create: { width: 48, height: 48, channels: 3, background: "rgb(90, 120, 30)" } });
  const jpeg = await flat.clone().jpeg().toBuffer();
  writeFiles(folder, { "flat.png": await flat.png().toBuffer(), "cut.jpg": jpeg.subarray(0, -2) });
  const dataset = await openDataset([folder], { needLabels: false });
  const { evaluation, predictions } = await evaluated(t, { dataset });
  const [none] = evaluation.rows;
  assert.equal(none?.exact, 2);
  assert.ok(none.psnr !== null && Number.isFinite(none.psnr) && none.psnr < 60);
  assert.deepEqual(evaluation.data.flawed, [{ file: join(folder, "cut.jpg"), reason: "its end marker is missing" }]);
  assert.deepEqual(await evaluationFrom(predictions), evaluation);
});

test("a file of version 1, whose lines have classes only, gives the same evaluation", async (t) => {
  const { evaluation, predictions } = await evaluated(t, { judges: [brightness] });
  const text = readFileSync(predictions, "utf8");
  assert.match(text, /^\{"format":"legible-predictions","version":2,/);
  writeFileSync(predictions, text.replace('"version":2', '"version":1'));
  assert.deepEqual(await evaluationFrom(predictions), evaluation);
  writeFileSync(predictions, text.replace('"version":2', '"version":3'));
  await assert.rejects(evaluationFrom(predictions), /is not a predictions file of this version: .*version/);
});
