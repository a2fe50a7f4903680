import assert from "node:assert/strict";
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { enlarging, temporaryFolder, writeLabeledImages } from "../../testing/workspace.js";
import { openDataset } from "../data/dataset.js";
import { findTask } from "../data/tasks/index.js";
import type { JobStore } from "../jobs/job.js";
import { openLocalStore } from "../jobs/local-store.js";
import { rankingOf } from "../metrics/ranking.js";
import { Processor } from "../processors/processor.js";
import type { Judge } from "../recognition/judge.js";
import { type EvaluateOptions, evaluate } from "./evaluate.js";

const [IMAGES, BATCH, ROWS] = [10, 2, 3];

/** A judge that counts the images that it is given. */
function countingJudge(key = "counting") {
  const judge = {
    kind: "class",
    name: "counting",
    key,
    images: 0,
    async requireKnows() {},
    predict: async (images) => {
      judge.images += images.length;
      return images.map(({ data }) => ({ kind: "class", ranked: rankingOf([100, data[0] as number], 0, 2) }));
    },
  } satisfies Judge & { images: number } as Judge & { images: number };
  return judge;
}

/** Evaluates ten images in batches of two, with a store in a file. */
async function ground(t: TestContext) {
  const folder = temporaryFolder(t);
  await writeLabeledImages(join(folder, "images"), IMAGES, 32);
  const dataset = await openDataset([join(folder, "images")], { needLabels: true });
  const run = async (judge: Judge, options: Partial<EvaluateOptions> = {}) => {
    const store = await openLocalStore(join(folder, "jobs.jsonl"));
    const processors = [new Processor(enlarging(4))];
    const all = { dataset, task: findTask("sr"), processors, judges: [judge], batch: BATCH, store, ...options };
    return evaluate(all).finally(() => store.close());
  };
  return { folder, run, whole: () => run(countingJudge(), { store: noStore }) };
}

const noStore: JobStore = { get: async () => undefined, put: async () => {}, close: async () => {} };

test("after an abort the same call judges only the batches that are left, with the same result", async (t) => {
  const { run, whole } = await ground(t);
  const [stop, first, second] = [new AbortController(), countingJudge(), countingJudge()];
  const onProgress = (done: number) => done === 2 * BATCH && stop.abort();
  await assert.rejects(run(first, { signal: stop.signal, onProgress }), { name: "AbortError" });
  assert.equal(first.images, 2 * BATCH * ROWS);
  const evaluation = await run(second);
  assert.equal(second.images, (IMAGES - 2 * BATCH) * ROWS);
  assert.deepEqual(evaluation, await whole());
});

test("a complete evaluation is not computed again, unless a judge, the protocol, the processors or an image changes", async (t) => {
  const { folder, run } = await ground(t);
  const judged = async (key?: string, options?: Partial<EvaluateOptions>) => {
    const judge = countingJudge(key);
    const { rows } = await run(judge, options);
    return judge.images / rows.length;
  };
  assert.equal(await judged(), IMAGES);
  assert.equal(await judged(), 0);
  assert.equal(await judged("another"), IMAGES);
  assert.equal(await judged(undefined, { protocol: "full", batch: BATCH }), IMAGES);
  assert.equal(await judged(undefined, { processors: [] }), IMAGES);
  assert.equal(await judged(), 0);
  await writeLabeledImages(join(folder, "other"), IMAGES + 1, 32);
  await copyFile(join(folder, "other", `${IMAGES}.png`), join(folder, "images", "0.png"));
  assert.equal(await judged(), BATCH);
});
