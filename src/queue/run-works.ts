import { ImageWork } from "./image-work.js";
import type { Run, Runs } from "./run.js";

/** An open run, and how many jobs use it now. */
interface OpenRun {
  readonly work: Promise<ImageWork>;
  users: number;
}

/** The open models and storages of the runs of images that a worker has jobs of. Those of complete runs are closed. */
export class RunWorks {
  private readonly opened = new Map<string, OpenRun>();

  constructor(
    private readonly runs: Runs,
    private readonly concurrency: number,
  ) {}

  /** Calls `use` with the work of a run. What cannot be opened is tried again by the next job. */
  async use<T>(run: Run, use: (work: ImageWork) => Promise<T>): Promise<T> {
    const open = this.opened.get(run.id) ?? this.open(run);
    open.users++;
    try {
      return await use(await open.work);
    } finally {
      open.users--;
    }
  }

  private open(run: Run): OpenRun {
    void this.closeComplete().catch(() => {}); // without the queue, they stay open until the next run
    const open = { work: ImageWork.open(run, this.concurrency), users: 0 };
    this.opened.set(run.id, open);
    open.work.catch(() => this.opened.delete(run.id));
    return open;
  }

  private async closeComplete(): Promise<void> {
    for (const [id, open] of this.opened) {
      const { state } = await this.runs.progress(id);
      if (open.users > 0 || (state !== "complete" && state !== "canceled")) continue;
      this.opened.delete(id);
      await closed(open);
    }
  }

  async close(): Promise<void> {
    for (const open of this.opened.values()) await closed(open);
  }
}

const closed = ({ work }: OpenRun): Promise<void> => work.then((each) => each.close()).catch(() => {});
