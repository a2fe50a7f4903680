import { type Enhancer, openEnhancer } from "../enhancement/enhancer.js";
import { coreCount } from "../platform/node/core-count.js";

/**
 * Processors in worker threads, one for each image at a time, opened when they are needed. Inference runs outside the main
 * thread, which therefore keeps renewing the locks of jobs.
 */
export class EnhancerPool {
  private readonly free: Enhancer[] = [];
  private readonly all: Promise<Enhancer>[] = [];

  /** @param size how many are used at the same time; they share the cores. */
  constructor(
    private readonly model: string,
    private readonly size: number,
  ) {}

  async use<T>(work: (enhancer: Enhancer) => Promise<T>): Promise<T> {
    const enhancer = this.free.pop() ?? (await this.open());
    try {
      return await work(enhancer);
    } finally {
      this.free.push(enhancer);
    }
  }

  private open(): Promise<Enhancer> {
    const threads = Math.max(1, Math.floor(coreCount() / this.size));
    const opening = openEnhancer(this.model, { threads });
    this.all.push(opening);
    return opening;
  }

  async close(): Promise<void> {
    for (const each of await Promise.allSettled(this.all)) if (each.status === "fulfilled") await each.value.close();
  }
}
