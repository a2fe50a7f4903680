import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { temporaryFolder, writeLabeledImages } from "../../testing/workspace.js";
import { openDataset } from "../data/dataset.js";
import { keyOf } from "../jobs/job.js";
import { openLocalStore } from "../jobs/local-store.js";
import { type Reporter, silentReporter } from "../reporter.js";
import type { TrainingSettings } from "../training/settings.js";
import { train } from "../training/train.js";
import { trainRecognizer } from "../training/train-recognizer.js";
import { type TrainingJob, trainInParallel } from "./parallel-training.js";

/** Two trainings of a few steps on small images. */
async function trainings(t: TestContext, own: Partial<TrainingSettings> = {}) {
  const folder = temporaryFolder(t);
  const data = join(folder, "data");
  await writeLabeledImages(data, 8, 32);
  const dataset = await openDataset([data], { needLabels: true });
  const processor = { processor: "compact-s", data: [data], steps: 12, batch: 2, crop: 32, ...own } as TrainingSettings;
  const recognizer = { network: "small-vgg", data: [data], size: 32, steps: 8, batch: 2 };
  const run = (name: string) => ({ out: join(folder, name), resume: true, threads: 1 });
  const job = (name: string, steps: number, training: TrainingJob["training"]): TrainingJob => {
    const outputs = [join(folder, name, "model.onnx")];
    return { name, title: name, key: keyOf({ name }), outputs, steps, training };
  };
  const jobs = [
    job("p", 12, { kind: "processor", options: { ...processor, dataset, ...run("p") } }),
    job("r", 8, { kind: "recognizer", options: { ...recognizer, ...run("r") } }),
  ];
  const model = (name: string) => readFileSync(join(folder, name, "model.onnx"));
  return { folder, jobs, model, processor, recognizer, dataset };
}

async function run(folder: string, jobs: readonly TrainingJob[], signal: AbortSignal, report = silentReporter) {
  const store = await openLocalStore(join(folder, "jobs.jsonl"));
  return trainInParallel(jobs, { store, signal, report }).finally(() => store.close());
}

const never = new AbortController().signal;

/** Calls a function at each update of a progress. */
const onUpdate = (update: (done: number, details?: string) => void): Reporter => ({
  ...silentReporter,
  progress: () => ({ update, stop() {} }),
});

test("trainings that run at the same time, interrupted and resumed, write the bytes of each training by itself", async (t) => {
  const { folder, jobs, model, processor, recognizer, dataset } = await trainings(t);
  const stop = new AbortController();
  const interrupt = onUpdate((done) => done >= 3 && stop.abort());
  await assert.rejects(run(folder, jobs, stop.signal, interrupt), { name: "AbortError" });
  const updates: number[] = [];
  await run(
    folder,
    jobs,
    never,
    onUpdate((done) => updates.push(done)),
  );
  assert.equal(updates.at(-1), 20);
  await train({ ...processor, dataset, out: join(folder, "p alone"), threads: 1 });
  await trainRecognizer({ ...recognizer, out: join(folder, "r alone"), threads: 1 });
  for (const name of ["p", "r"]) assert.ok(model(name).equals(model(`${name} alone`)), `${name} differs`);
  await run(
    folder,
    jobs,
    never,
    onUpdate(() => assert.fail("a complete training ran again")),
  );
});

test("a training that fails in its thread throws its message, after the other one has ended", async (t) => {
  const { folder, jobs } = await trainings(t, { processor: "compact-xxl" });
  await assert.rejects(run(folder, jobs, never), { name: "UserError", message: /compact-xxl/ });
});
