import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { enlarging, temporaryFolder, writeClassifier, writeLabeledImages } from "../../testing/workspace.js";
import { openDataset } from "../data/dataset.js";
import { applyHandlings } from "../data/handling/apply.js";
import { HandlingChains } from "../data/handling/chain.js";
import { findTask } from "../data/tasks/index.js";
import type { Image } from "../images/image.js";
import { openLocalStore } from "../jobs/local-store.js";
import { rankingOf } from "../metrics/ranking.js";
import { type Card, withCard } from "../processors/card.js";
import { Processor } from "../processors/processor.js";
import { randomAt } from "../random.js";
import type { Judge } from "../recognition/judge.js";
import { type EvaluateOptions, evaluate } from "./evaluate.js";
import { evaluationFrom } from "./from-predictions.js";
import { openJudge } from "./open-judge.js";

const IMAGES = 5;
const [ROWS, BATCH] = [3, 2];

/** Predicts a class from an image's sum, and keeps the images. */
function keepingJudge() {
  const seen: Image[] = [];
  const judge: Judge = {
    ...{ kind: "class", name: "sum", key: "sum" },
    async requireKnows() {},
    async predict(images) {
      seen.push(...images);
      const sums = images.map(({ data }) => data.reduce((sum, value) => sum + value, 0));
      return sums.map((sum) => ({ kind: "class", ranked: rankingOf([(sum % 97) / 97, 0.5], 0, 2) }));
    },
  };
  return { judge, seen };
}

async function ground(t: TestContext) {
  const folder = temporaryFolder(t);
  await writeLabeledImages(join(folder, "images"), IMAGES, 40);
  const dataset = await openDataset([join(folder, "images")], { needLabels: true });
  const handlings = HandlingChains.parse("noise:0.05,resize:0.5+jpeg:60");
  const judged = async (options: Partial<EvaluateOptions> = {}) => {
    const { judge, seen } = keepingJudge();
    const processors = [new Processor(enlarging(4))];
    const all = { dataset, task: findTask("sr"), processors, judges: [judge], handlings, batch: BATCH, ...options };
    return { evaluation: await evaluate(all), seen };
  };
  return { folder, dataset, handlings, judged };
}

const bytes = (images: readonly Image[]) => images.map(({ data }) => Buffer.from(data));

test("judges see the images of every row again after each handling, with noise by the image's number in the data", async (t) => {
  const { judged, handlings } = await ground(t);
  const { seen, evaluation } = await judged();
  const expected: Image[] = [];
  for (let first = 0, at = 0; first < IMAGES; first += BATCH) {
    const size = Math.min(BATCH, IMAGES - first);
    const restored = seen.slice(at, at + ROWS * size);
    at += ROWS * size * (1 + handlings.length);
    expected.push(...restored);
    for (let row = 0; row < ROWS; row++)
      for (const { handlings: steps } of handlings)
        for (let i = 0; i < size; i++)
          expected.push(await applyHandlings(restored[row * size + i] as Image, steps, randomAt(0, first + i, 1)));
  }
  assert.deepEqual(bytes(seen), bytes(expected));
  assert.deepEqual(evaluation.after, ["noise:0.05", "resize:0.5+jpeg:60"]);
});

test("the predictions file gives the same evaluation, and is refused where a line of a handling is missing", async (t) => {
  const { folder, judged } = await ground(t);
  const predictions = join(folder, "predictions.jsonl");
  const { evaluation } = await judged({ predictions });
  assert.equal(evaluation.survival?.handlings.length, 2);
  assert.deepEqual(await evaluationFrom(predictions), evaluation);
  const lines = readFileSync(predictions, "utf8").trimEnd().split("\n");
  assert.equal(lines.length, 1 + IMAGES * ROWS * (1 + 2));
  assert.match(lines[2] as string, /"after":"noise:0.05"/);
  assert.doesNotMatch(lines[2] as string, /psnr/);
  writeFileSync(predictions, lines.toSpliced(2, 1).join("\n"));
  await assert.rejects(evaluationFrom(predictions), /line 3: lines are not in the order/);
});

test("a complete evaluation is resumed with the same handlings alone", async (t) => {
  const { folder, judged } = await ground(t);
  const counted = async (options: Partial<EvaluateOptions> = {}) => {
    const store = await openLocalStore(join(folder, "jobs.jsonl"));
    const { seen, evaluation } = await judged({ store, ...options }).finally(() => store.close());
    return { count: seen.length, evaluation };
  };
  const first = await counted();
  assert.equal(first.count, 3 * ROWS * IMAGES);
  assert.deepEqual(await counted(), { count: 0, evaluation: first.evaluation });
  assert.equal((await counted({ handlings: HandlingChains.parse("noise:0.06") })).count, 2 * ROWS * IMAGES);
});

test("handlings without a judge are refused", async (t) => {
  const { judged } = await ground(t);
  await assert.rejects(judged({ judges: [] }), {
    name: "UserError",
    message: /`after` .* needs a `recognizer` or `judge`/,
  });
});

test("a judge whose file has the hash of a recognizer in a processor's card is seen by that processor", async (t) => {
  const { folder, judged } = await ground(t);
  await writeClassifier(join(folder, "known.onnx"), 16);
  await writeClassifier(join(folder, "other.onnx"), 16, (b, features) => b.Relu(features));
  const judges = [];
  for (const name of ["known", "other"]) judges.push(await openJudge({ file: join(folder, `${name}.onnx`) }));
  const card = {
    ...plainCard,
    recognizers: [{ name: "R", sha256: judges[0]?.sha256 ?? "", view: "native", weight: 1 }],
  };
  const processors = [
    new Processor(withCard(enlarging(4), { ...card, recognizers: [] }), { name: "plain" }),
    new Processor(withCard(enlarging(4), card), { name: "ra" }),
  ];
  const { evaluation } = await judged({ judges, processors, handlings: [] });
  assert.deepEqual(evaluation.seen, { known: ["ra"] });
  assert.deepEqual(evaluation.mean_gains?.unseen, ["other"]);
  for (const judge of judges) await judge.release();
});

const plainCard: Card = {
  ...{ task: "sr", options: {}, scale: 4, objective: "ra", lambda: 0.01, recognizers: [], network: "enlarging" },
  ...{ init: null, data: { folders: [], count: 0 }, steps: 1, batch: 1, crop: 16, lr: 1e-3, seed: 0 },
};
