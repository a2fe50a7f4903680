import { setImmediate } from "node:timers/promises";
import { parentPort, workerData } from "node:worker_threads";
import sharp from "sharp";
import { UserError } from "../errors.js";
import type { WorkerResponse } from "../platform/node/worker-client.js";
import { BatchMaker, type BatchPart, type BatchPlan, type Share } from "./batches.js";
import { type Recipe, samplerFor } from "./sampler.js";

/** What a worker is started with. */
export interface WorkerData {
  plan: BatchPlan;
  recipe: Recipe;
  share: Share;
  cacheBytes: number;
}

/** What a worker is asked: its share of a step's batch, or to end. */
export type Request = number | "close";

/** What it answers: the part, or why there is none; with all images found broken so far. */
export type Reply = WorkerResponse<BatchPart> & { broken: ReadonlyMap<string, string> };

if (!parentPort) throw new Error("loader-worker.js is started by openLoader, as a worker thread");
const port = parentPort;

// The cores belong to the training.
sharp.concurrency(1);
sharp.cache(false);

const { plan, recipe, share, cacheBytes } = workerData as WorkerData;
const maker = new BatchMaker(plan, samplerFor(recipe), cacheBytes, share);
let closing = false;
let queue = Promise.resolve();

port.on("message", (request: Request) => {
  if (request === "close") closing = true;
  else queue = queue.then(() => answer(request));
  queue.then(() => closing && port.close());
});

async function answer(step: number): Promise<void> {
  await setImmediate(); // lets "close" in between two batches
  if (closing) return;
  try {
    const value = await maker.make(step);
    const { pictures, labels } = value;
    const buffers = [...Object.values(pictures), labels].map(({ buffer }) => buffer);
    port.postMessage({ id: step, value, broken: maker.broken } satisfies Reply, buffers);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    port.postMessage({ id: step, failure: error.message, broken: maker.broken } satisfies Reply);
  }
}
