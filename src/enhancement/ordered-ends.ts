/** The most pieces of work that run at the same time. */
const MOST = 8;

/** Pieces of work that run at the same time and end in their order. After a failure the later ones fail, too. */
export class OrderedEnds {
  private last: Promise<void> = Promise.resolve();
  private readonly running = new Set<Promise<void>>();
  /** The first failure, if any. */
  failure: { readonly error: unknown } | undefined;

  /**
   * Starts a piece of work, and waits while too many are running.
   * @param work is given a promise that resolves when all earlier ones have ended; it must wait for it before it ends.
   * @throws the first failure of an earlier piece.
   */
  async add(work: (turn: Promise<void>) => Promise<void>): Promise<void> {
    if (this.failure) throw this.failure.error;
    const ended = work(this.last).finally(() => this.running.delete(ended));
    ended.catch((error) => (this.failure ??= { error }));
    this.running.add(ended);
    this.last = ended;
    while (this.running.size >= MOST) await Promise.race(this.running);
  }

  /** @throws the first failure. */
  async all(): Promise<void> {
    await this.last;
  }

  /** Resolves when nothing is running, also after failures. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.running);
  }
}
