/** The most results that wait for their turn, and the bytes of their content. Each has one open file while it is written. */
const [MOST_WAITING, MOST_BYTES] = [8, 2 ** 26];

/**
 * Ends pieces of work in their order, such as writing results, while the next ones are computed. After a failure the others
 * fail, too.
 */
export class OrderedEnds {
  private last: Promise<void> = Promise.resolve();
  private readonly waiting = new Set<Promise<void>>();
  private bytes = 0;
  /** The first failure, if any. */
  failure: { readonly error: unknown } | undefined;

  /**
   * Starts the end of a piece of work. Waits while too many are waiting.
   * @param bytes of memory that it holds.
   * @param end is given a promise that resolves when it is its turn; it must wait for it.
   * @throws the first failure of an earlier end.
   */
  async add(bytes: number, end: (turn: Promise<void>) => Promise<void>): Promise<void> {
    if (this.failure) throw this.failure.error;
    const ended = end(this.last).finally(() => {
      this.waiting.delete(ended);
      this.bytes -= bytes;
    });
    ended.catch((error) => (this.failure ??= { error }));
    this.waiting.add(ended);
    this.bytes += bytes;
    this.last = ended;
    while (this.waiting.size > MOST_WAITING || (this.bytes > MOST_BYTES && this.waiting.size > 0))
      await Promise.race(this.waiting);
  }

  /** @throws the first failure. */
  async all(): Promise<void> {
    await this.last;
  }

  /** Resolves when nothing is running, also after failures. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.waiting);
  }
}
