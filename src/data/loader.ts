import { UserError } from "../errors.js";
import { THREADS, WorkerClient } from "../platform/node/worker-client.js";
import type { Augmentation } from "./augmentation.js";
import { type Batch, BatchMaker, type BatchPart, type BatchPlan, joined } from "./batches.js";
import type { Dataset } from "./dataset.js";
import type { Reply, Request, WorkerData } from "./loader-worker.js";
import {
  type PictureOf,
  type Recipe,
  type RecognitionRecipe,
  type RestorationRecipe,
  restorationSampler,
  type Sampler,
} from "./sampler.js";
import type { Task } from "./task.js";
import { taskKinds } from "./tasks/index.js";

/** What every loader is told. */
interface CommonOptions {
  dataset: Dataset;
  /** Images in a batch. */
  batch: number;
  seed: number;
  /** Step of the first batch: 0 for a fresh run, the step reached for a resumed one. Default: 0. */
  firstStep?: number;
  /** Threads that decode. Default: one per core, four at most. */
  workers?: number;
  /** Batches asked for ahead of `next`. Default: 4. */
  ahead?: number;
  /** Memory for decoded images, all threads together. Default: 1 GiB. */
  cacheBytes?: number;
}

export interface LoaderOptions extends CommonOptions {
  task: Task;
  /** Side of the clean images in pixels; a multiple of the task's scale. */
  crop: number;
}

export interface RecognitionLoaderOptions extends CommonOptions {
  /** Side of the images in pixels. */
  size: number;
  augmentation: Augmentation;
}

export interface Loader<Name extends string = string> {
  /**
   * The batch of the next step.
   * @throws UserError when nearly all images are broken.
   */
  next(): Promise<Batch<Name>>;
  /** Images that cannot be read, with the reason; others were drawn in their place. */
  readonly broken: ReadonlyMap<string, string>;
  /** Ends the threads; without it the process stays alive. */
  close(): Promise<void>;
}

/**
 * Loads pairs of `degraded` and `clean` pictures for a processor's training.
 * @throws UserError when `crop` is not a multiple of the task's scale.
 */
export function openLoader({ task, crop, ...options }: LoaderOptions): Loader<PictureOf<RestorationRecipe>> {
  const { kind, name, options: settings, scale } = task;
  if (crop % scale)
    throw new UserError(`cannot train on crops of ${crop} pixels: not a multiple of the scale ${scale}`);
  const source = taskKinds.includes(kind)
    ? ({ kind: "restoration", task: { name, options: settings }, crop } as const)
    : restorationSampler(task, crop);
  return startLoader(source, options);
}

/** Loads each `image` with its class for a recognizer's training. */
export const openRecognitionLoader = ({
  size,
  augmentation,
  ...options
}: RecognitionLoaderOptions): Loader<PictureOf<RecognitionRecipe>> =>
  startLoader({ kind: "recognition", size, augmentation }, options);

/**
 * Starts the threads that decode and make pictures ahead of the training. They are asked for `ahead` batches beforehand,
 * because the training blocks this thread while it computes; of each they make their shares at the same time. A sampler,
 * which cannot be told to a thread, makes its pictures in this one, between the steps. The batch of step s follows from the
 * source, the seed, s and the data set alone, whatever the first step and the number of threads are.
 */
function startLoader(
  source: Recipe | Sampler,
  { dataset, batch, seed, firstStep = 0, workers: count = THREADS, ahead = 4, cacheBytes = 2 ** 30 }: CommonOptions,
): Loader {
  const plan: BatchPlan = { items: dataset.items, batch, seed };
  const workers: Worker[] =
    "kind" in source
      ? Array.from({ length: count }, (_, index) => {
          const share = { index, of: count };
          return new Thread({ plan, recipe: source, share, cacheBytes: cacheBytes / count });
        })
      : [new OwnThread(new BatchMaker(plan, source, cacheBytes))];
  const queue: Promise<Batch>[] = [];
  let step = firstStep;
  const askNext = () => {
    const batch = Promise.all(workers.map((worker) => worker.ask(step))).then(joined);
    batch.catch(() => {}); // reported by the next() that awaits it
    step++;
    queue.push(batch);
  };
  while (queue.length < ahead) askNext();
  const broken = new Map<string, string>();
  return {
    broken,
    async next() {
      askNext();
      const result = await (queue.shift() as Promise<Batch>);
      for (const worker of workers) for (const [path, reason] of worker.broken) broken.set(path, reason);
      return result;
    },
    async close() {
      await Promise.all(workers.map((worker) => worker.close()));
    },
  };
}

/** Makes its share of batches, in the order in which they are asked for. */
interface Worker {
  readonly broken: ReadonlyMap<string, string>;
  ask(step: number): Promise<BatchPart>;
  close(): Promise<void>;
}

class OwnThread implements Worker {
  private last: Promise<unknown> = Promise.resolve();
  private closing = false;

  constructor(private readonly maker: BatchMaker) {}

  get broken(): ReadonlyMap<string, string> {
    return this.maker.broken;
  }

  ask(step: number): Promise<BatchPart> {
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

/** One thread that decodes. */
class Thread extends WorkerClient<BatchPart, Reply> implements Worker {
  broken: ReadonlyMap<string, string> = new Map();

  constructor(data: WorkerData) {
    super(new URL("./loader-worker.js", import.meta.url), "the decoding thread", data);
  }

  ask(step: number): Promise<BatchPart> {
    return this.request(step, step satisfies Request);
  }

  async close(): Promise<void> {
    if (this.ended) return;
    this.worker.postMessage("close" satisfies Request);
    await new Promise((resolve) => this.worker.once("exit", resolve));
  }

  protected override receive(reply: Reply): void {
    this.broken = reply.broken;
    super.receive(reply);
  }
}
