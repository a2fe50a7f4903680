import { Queue } from "bullmq";
import type { Redis } from "ioredis";
import { version } from "../platform/node/version.js";
import { addressOf, connect } from "./connection.js";
import { PREFIX, Runs } from "./run.js";

/** What a job in the queue is about. */
export interface JobData {
  /** The identity of its run. */
  readonly run: string;
  /** Of an image: the location of the input, and the name of the output. */
  readonly input?: string;
  readonly output?: string;
  /** Of an image: whether a worker may have begun to write the output. */
  readonly begun?: boolean;
  /** Of a command: the part that runs apart; absent for what follows all parts. */
  readonly part?: string;
}

/** Tries of a job whose failure may pass, and the milliseconds before the second one; each later one waits twice as long. */
const [ATTEMPTS, FIRST_DELAY] = [8, 2_000];

/** Jobs of each version of Legible are in a queue of their own, because their results may differ. */
export const queueName = (of = version): string => `jobs-${of}`;

/** What every queue and worker is opened with. */
export const queueOptions = (redis: Redis) => ({ connection: redis, prefix: PREFIX });

/** The queue of this version of Legible, and the data of all runs. */
export class JobQueue {
  private constructor(
    readonly url: string,
    readonly redis: Redis,
    readonly warning: string | undefined,
    readonly jobs: Queue<JobData>,
    readonly runs: Runs,
  ) {}

  /** @throws UserError when the server cannot be used, PassingError when it cannot be reached. */
  static async open(url: string): Promise<JobQueue> {
    const { redis, warning } = await connect(url);
    const jobs = new Queue<JobData>(queueName(), {
      ...queueOptions(redis),
      defaultJobOptions: {
        attempts: ATTEMPTS,
        backoff: { type: "exponential", delay: FIRST_DELAY, jitter: 0.5 },
        removeOnComplete: true, // the record of the run shows that it is complete
      },
    });
    jobs.on("error", () => {}); // the connection opens again by itself
    return new JobQueue(url, redis, warning, jobs, new Runs(redis));
  }

  /** The address without the password. */
  get address(): string {
    return addressOf(this.url);
  }

  /** A sentence for each other version of Legible that has jobs waiting or workers here. */
  async otherVersions(): Promise<string[]> {
    const notes: string[] = [];
    const versions = new Set((await this.runs.list()).map((run) => run.version));
    for (const other of versions) {
      if (other === version) continue;
      const jobs = new Queue(queueName(other), queueOptions(this.redis));
      const waiting = await jobs.getJobCountByTypes("waiting", "prioritized", "delayed");
      if (waiting > 0)
        notes.push(
          `${waiting} jobs were submitted by Legible ${other} and wait for workers of that version; this is ${version}`,
        );
      await jobs.close();
    }
    return notes;
  }

  async close(): Promise<void> {
    await this.jobs.close();
    this.redis.disconnect();
  }
}
