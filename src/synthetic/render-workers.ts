import { WorkerClient, workerCount } from "../platform/node/worker-client.js";
import type { Objects, Request, WorkerData } from "./render-worker.js";

/** Images that a worker renders before it encodes them, all at the same time. */
const BATCH = 32;

/** Worker threads that render the images of a set and write their files. */
export class RenderWorkers {
  private readonly workers: readonly RenderWorker[];
  private readonly starts: readonly number[];

  /** @param count number of images. */
  constructor(
    data: WorkerData,
    private readonly count: number,
  ) {
    this.starts = Array.from({ length: Math.ceil(count / BATCH) }, (_, i) => i * BATCH);
    this.workers = Array.from({ length: Math.min(workerCount(), this.starts.length) }, () => new RenderWorker(data));
  }

  /**
   * Writes the images from index `firstIndex` on.
   * @returns the objects of each image of the first batch, of the second, …
   * @throws UserError when a file cannot be written.
   */
  async *write(firstIndex: number): AsyncGenerator<Objects> {
    const batches = this.starts.map((start, i) => {
      const end = Math.min(start + BATCH, this.count);
      const worker = this.workers[i % this.workers.length] as RenderWorker;
      return worker.write({ id: i, first: firstIndex + start, end: firstIndex + end });
    });
    yield* batches;
  }

  async close(): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker.close()));
  }
}

class RenderWorker extends WorkerClient<Objects> {
  constructor(data: WorkerData) {
    super(new URL("./render-worker.js", import.meta.url), "a rendering thread", data);
  }

  write(request: Request): Promise<Objects> {
    return this.request(request.id, request);
  }

  async close(): Promise<void> {
    await this.worker.terminate();
  }
}
