import { UserError } from "../errors.js";
import { WorkerClient, workerCount } from "../platform/node/worker-client.js";
import type { Augmentation } from "./augmentation.js";
import { type Batch, BatchMaker, type BatchPart, type BatchPlan, type ImageRemarks, joined } from "./batches.js";
import type { Dataset } from "./dataset.js";
import type { Request, WorkerData } from "./loader-worker.js";
import { restorationSampler, type Sampler } from "./restoration-sampler.js";
import type { ImageNameOf, Recipe, RecognitionRecipe, RestorationRecipe } from "./sampler.js";
import type { Task } from "./task.js";
import { isBuiltInTask } from "./tasks/index.js";

/** Options of every loader. */
interface CommonOptions {
  dataset: Dataset;
  /** Batch size. */
  batch: number;
  seed: number;
  /** Step of the first batch: 0 for a new run, the checkpoint's step for a resumed one. Default: 0. */
  firstStep?: number;
  /** Remarks on images of the steps before `firstStep`. Default: none. */
  earlier?: ImageRemarks | undefined;
  /** Decoding threads. Default: one per core, at most four, and at most one for two images of a batch: a thread takes 0.3 s to start. */
  workers?: number;
  /** Batches requested before `next` needs them. Default: 4. */
  prefetch?: number;
  /** Bytes of decoded images that all threads together cache. Default: 1 GiB. */
  cacheBytes?: number;
}

/** Options of `openLoader`. */
export interface LoaderOptions extends CommonOptions {
  task: Task;
  /** Side of the clean images, in pixels; a multiple of the task's scale. */
  crop: number;
}

/** Options of `openRecognitionLoader`. */
export interface RecognitionLoaderOptions extends CommonOptions {
  /** Side of the images, in pixels. */
  size: number;
  augmentation: Augmentation;
}

/** Loads batches of training images. Its remarks are on the images of the batches that `next` returned. */
export interface Loader<Name extends string = string> extends ImageRemarks {
  /**
   * The batch of the next step.
   * @throws UserError when 20 images in a row cannot be read.
   */
  next(): Promise<Batch<Name>>;
  /** Ends the threads. Until then, they keep the process alive. */
  close(): Promise<void>;
}

/**
 * Loads pairs of `degraded` and `clean` images for the training of a processor.
 * @throws UserError when `crop` is not a multiple of the task's scale.
 */
export function openLoader({ task, crop, ...options }: LoaderOptions): Loader<ImageNameOf<RestorationRecipe>> {
  const { name, options: settings, scale } = task;
  if (crop % scale)
    throw new UserError(`cannot train with \`crop\` ${crop}: it is not a multiple of the scale ${scale}`);
  const source = isBuiltInTask(task)
    ? ({ kind: "restoration", task: { name, options: settings }, crop } as const)
    : restorationSampler(task, crop);
  return startLoader(source, options);
}

/** Loads batches of `image` with classes for the training of a recognizer. */
export const openRecognitionLoader = ({
  size,
  augmentation,
  ...options
}: RecognitionLoaderOptions): Loader<ImageNameOf<RecognitionRecipe>> =>
  startLoader({ kind: "recognition", size, augmentation }, options);

/**
 * Starts the worker threads that decode images and make batches. `prefetch` batches are requested in advance, because
 * training blocks the main thread while it computes; the threads make their parts of each batch in parallel. A custom
 * `Sampler` cannot be sent to a thread, so it runs in the main thread between the steps. The batch of step s depends only
 * on the source, the seed, s and the data set, not on the first step or the number of threads.
 */
function startLoader(
  source: Recipe | Sampler,
  {
    dataset,
    batch,
    seed,
    firstStep = 0,
    earlier,
    workers: count = Math.min(workerCount(), Math.ceil(batch / 2)),
    prefetch = 4,
    cacheBytes = 2 ** 30,
  }: CommonOptions,
): Loader {
  const plan: BatchPlan = { items: dataset.items, batch, seed };
  const workers: Worker[] =
    "kind" in source
      ? Array.from({ length: count }, (_, index) => {
          const shard = { index, count };
          return new WorkerThread({ plan, recipe: source, shard, cacheBytes: cacheBytes / count });
        })
      : [new MainThread(new BatchMaker(plan, source, cacheBytes))];
  const queue: Promise<BatchPart[]>[] = [];
  let step = firstStep;
  const requestNext = () => {
    const parts = Promise.all(workers.map((worker) => worker.make(step)));
    parts.catch(() => {}); // reported by the next() that awaits it
    step++;
    queue.push(parts);
  };
  while (queue.length < prefetch) requestNext();
  const broken = new Map(earlier?.broken);
  const flawed = new Map(earlier?.flawed);
  return {
    broken,
    flawed,
    async next() {
      requestNext();
      const parts = await (queue.shift() as Promise<BatchPart[]>);
      for (const part of parts) {
        for (const [path, reason] of part.broken) broken.set(path, reason);
        for (const [path, flaw] of part.flawed) flawed.set(path, flaw);
      }
      return joined(parts);
    },
    async close() {
      await Promise.all(workers.map((worker) => worker.close()));
    },
  };
}

/** Makes its parts of batches in the order of the calls. */
interface Worker {
  make(step: number): Promise<BatchPart>;
  close(): Promise<void>;
}

/** Makes whole batches in the main thread. */
class MainThread implements Worker {
  private last: Promise<unknown> = Promise.resolve();
  private closing = false;

  constructor(private readonly maker: BatchMaker) {}

  make(step: number): Promise<BatchPart> {
    const batch = this.last.then(() => {
      if (this.closing) throw new Error("the loader is closed");
      return this.maker.make(step);
    });
    this.last = batch.catch(() => {}); // reported by the next() that awaits it
    return batch;
  }

  async close(): Promise<void> {
    this.closing = true;
    await this.last;
  }
}

/** A worker thread that makes its parts of batches. */
class WorkerThread extends WorkerClient<BatchPart> implements Worker {
  constructor(data: WorkerData) {
    super(new URL("./loader-worker.js", import.meta.url), "the decoding thread", data);
  }

  make(step: number): Promise<BatchPart> {
    return this.request(step, step satisfies Request);
  }

  async close(): Promise<void> {
    if (this.ended) return;
    this.worker.postMessage("close" satisfies Request);
    await new Promise((resolve) => this.worker.once("exit", resolve));
  }
}
