import type { Handling } from "../data/handling/handling.js";
import type { Item } from "../data/item.js";
import type { Task } from "../data/task.js";
import { isBuiltInTask } from "../data/tasks/index.js";
import type { Image } from "../images/image.js";
import { WorkerClient, workerCount } from "../platform/node/worker-client.js";
import { randomAt } from "../random.js";
import { degradedSample, type EvaluationSample, type ResolvedProtocol } from "./protocols.js";
import type { Quality } from "./quality.js";
import type { Loaded, Message, Request, Result } from "./worker.js";

/**
 * Workers for CPU work that ONNX Runtime's blocking `run()` would delay: decoding, cropping and degrading images, and
 * comparing them.
 */
export class EvaluationWorkers {
  private readonly threads = Array.from({ length: workerCount() }, () => new EvaluationWorker());
  private sent = 0;

  /** @param estimates whether samples have estimates of their degradation. */
  constructor(
    private readonly protocol: ResolvedProtocol,
    private readonly estimates = false,
  ) {}

  /**
   * The part of an image that is evaluated, with sides that are multiples of `scale`.
   * @throws UserError when the file cannot be read.
   */
  async clean(item: Item, scale: number): Promise<Image> {
    return (await this.loadClean(item, scale)).value;
  }

  /**
   * The evaluation sample of an image. A task of Legible's own is computed in the worker, any other on this thread.
   * @param place seed and number of the image, which decide the random part of the degradation.
   * @throws UserError when the file cannot be read or is too small.
   */
  async sample(item: Item, task: Task, [seed, number]: readonly [number, number]): Promise<Loaded<EvaluationSample>> {
    const { protocol, estimates } = this;
    if (isBuiltInTask(task)) {
      const { name, options } = task;
      const request = { kind: "sample", item, protocol, task: { name, options }, seed, number, estimates } as const;
      return (await this.send(request)) as Loaded<EvaluationSample>;
    }
    const { value: clean, ...rest } = await this.loadClean(item, task.scale);
    const value = await degradedSample(clean, task, randomAt(seed, number), {
      ...protocol,
      original: clean,
      estimates,
    });
    return { value, ...rest };
  }

  private async loadClean(item: Item, scale: number): Promise<Loaded<Image>> {
    return (await this.send({ kind: "clean", item, protocol: this.protocol, scale })) as Loaded<Image>;
  }

  /**
   * The images after handlings.
   * @param numbers the seed and the indices of each image, which decide the noise.
   */
  async handle(
    images: readonly Image[],
    handlings: readonly Handling[],
    numbers: readonly (readonly number[])[],
  ): Promise<Image[]> {
    const parts = await Promise.all(
      this.sharesOf(images.length).map(([from, to]) => {
        const part = { images: images.slice(from, to), numbers: numbers.slice(from, to) };
        return this.send({ kind: "handle", handlings, ...part }) as Promise<readonly Image[]>;
      }),
    );
    return parts.flat();
  }

  /**
   * The quality of the images of each row against the clean ones, then that of the clean ones: [rows + 1][images].
   * @throws UserError when sizes differ or are too small.
   */
  async compare(
    rows: readonly (readonly Image[])[],
    clean: readonly Image[],
  ): Promise<readonly (readonly Quality[])[]> {
    const parts = await Promise.all(
      this.sharesOf(clean.length).map(([from, to]) => {
        const part = (images: readonly Image[]) => images.slice(from, to);
        const request = { kind: "compare", rows: rows.map(part), clean: part(clean), protocol: this.protocol } as const;
        return this.send(request) as Promise<readonly (readonly Quality[])[]>;
      }),
    );
    return [...rows, clean].map((_, row) => parts.flatMap((qualities) => qualities[row] as readonly Quality[]));
  }

  /** The ranges of the images that each thread gets. */
  private sharesOf(count: number): (readonly [from: number, to: number])[] {
    const share = Math.ceil(count / this.threads.length);
    return Array.from({ length: Math.ceil(count / share) }, (_, i) => [i * share, (i + 1) * share]);
  }

  async close(): Promise<void> {
    await Promise.all(this.threads.map((thread) => thread.close()));
  }

  /** Sends requests to the threads in turn. */
  private send(request: Request): Promise<Result> {
    return (this.threads[this.sent++ % this.threads.length] as EvaluationWorker).send(request);
  }
}

class EvaluationWorker extends WorkerClient<Result> {
  private sent = 0;

  constructor() {
    super(new URL("./worker.js", import.meta.url), "a worker of the evaluation");
  }

  send(request: Request): Promise<Result> {
    const id = this.sent++;
    return this.request(id, { id, request } satisfies Message);
  }

  async close(): Promise<void> {
    if (this.ended) return;
    this.worker.postMessage("close" satisfies Message);
    await new Promise((resolve) => this.worker.once("exit", resolve));
  }
}
