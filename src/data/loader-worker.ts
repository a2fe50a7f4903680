import { setImmediate } from "node:timers/promises";
import { parentPort, workerData } from "node:worker_threads";
import sharp from "sharp";
import { UserError } from "../errors.js";
import type { WorkerResponse } from "../platform/node/worker-client.js";
import { BatchMaker, type BatchPart, type BatchPlan, type Shard } from "./batches.js";
import { type Recipe, samplerFor } from "./sampler.js";

/** The data that a worker is started with. */
export interface WorkerData {
  plan: BatchPlan;
  recipe: Recipe;
  shard: Shard;
  cacheBytes: number;
}

/** A request to a worker: the step whose batch it makes its part of, or "close". */
export type Request = number | "close";

/** A worker's reply: the part or the failure. */
export type Reply = WorkerResponse<BatchPart>;

if (!parentPort) throw new Error("loader-worker.js must run as a worker thread started by openLoader");
const port = parentPort;

// The other cores are used by training.
sharp.concurrency(1);
sharp.cache(false);

const { plan, recipe, shard, cacheBytes } = workerData as WorkerData;
const maker = new BatchMaker(plan, samplerFor(recipe), cacheBytes, shard);
let closing = false;
let queue = Promise.resolve();

port.on("message", (request: Request) => {
  if (request === "close") closing = true;
  else queue = queue.then(() => answer(request));
  queue.then(() => closing && port.close());
});

async function answer(step: number): Promise<void> {
  await setImmediate(); // lets "close" arrive between two batches
  if (closing) return;
  try {
    const value = await maker.make(step);
    const { images, labels, labelMaps } = value;
    const arrays = [...Object.values(images), labels, ...(labelMaps ? [labelMaps] : [])];
    const buffers = arrays.map(({ buffer }) => buffer);
    port.postMessage({ id: step, value } satisfies Reply, buffers);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    port.postMessage({ id: step, failure: error.message } satisfies Reply);
  }
}
