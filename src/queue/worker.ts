import { setTimeout } from "node:timers/promises";
import { type Job, UnrecoverableError, WaitingError, Worker } from "bullmq";
import { messageOf, PassingError, UserError } from "../errors.js";
import type { ImageEnd } from "./image-work.js";
import type { Log } from "./log.js";
import { type JobData, type JobQueue, queueName, queueOptions } from "./queue.js";
import { RedisStore } from "./redis-store.js";
import { key, type Run } from "./run.js";
import { RunWorks } from "./run-works.js";
import { REST } from "./submit.js";

/** Runs a part of a command, or what follows all parts, outside this thread. @returns a JSON value for the record. */
export type CommandRunner = (run: Run, part: string | undefined, signal: AbortSignal) => Promise<unknown>;

export interface WorkerOptions {
  /** Jobs at the same time. */
  readonly concurrency: number;
  /** Seconds after which the jobs of a worker that ended without a word go to another one. It renews them until then. */
  readonly lock: number;
  /** Jobs a second of all workers together. Default: as many as they can. */
  readonly rate?: number | undefined;
  readonly log: Log;
  readonly runCommand: CommandRunner;
  /** Called after each job with its seconds. */
  onEnd?(end: JobEnd): void;
}

/** How a job ended. `retry`: another try follows; `dead`: none does. */
export interface JobEnd {
  readonly command: string;
  readonly status: ImageEnd["status"] | "canceled" | "retry" | "dead";
  readonly seconds: number;
}

/** How often a job may start again after workers that ended without a word: an image that kills its worker is given up. */
const MOST_STALLS = 10;

/** Seconds that a worker waits for a server that is away when it stops. Locks that stay then run out. */
const AWAY = 5;

/** Milliseconds between looks whether the runs of the running jobs are canceled. */
const LOOK = 2_000;

/** A run, absent if it was removed, and when it was looked up. */
interface KnownRun {
  readonly run: Run | undefined;
  readonly isCanceled: boolean;
  readonly at: number;
}

/** Takes jobs from a queue, from its construction on, until it is drained. */
export class QueueWorker {
  private readonly worker: Worker<JobData>;
  private readonly works: RunWorks;
  private readonly stop = new AbortController();
  /** The running jobs with their runs. */
  private readonly running = new Map<AbortController, string>();
  private readonly looking: NodeJS.Timeout;
  private isLost = false;
  private readonly known = new Map<string, KnownRun>();

  constructor(
    private readonly queue: JobQueue,
    private readonly options: WorkerOptions,
  ) {
    const { concurrency, lock, rate } = options;
    this.worker = new Worker<JobData>(queueName(), (job, token) => this.process(job, token), {
      ...queueOptions(queue.redis),
      ...{ concurrency, autorun: false, lockDuration: lock * 1_000, stalledInterval: lock * 1_000 },
      maxStalledCount: MOST_STALLS,
      ...(rate !== undefined && { limiter: { max: Math.ceil(rate), duration: (1_000 * Math.ceil(rate)) / rate } }),
    });
    this.works = new RunWorks(queue.runs, concurrency);
    this.looking = setInterval(() => void this.abortCanceled().catch(() => {}), LOOK);
    this.listen();
  }

  private listen(): void {
    const { log } = this.options;
    const { redis } = this.queue;
    redis.on("close", this.noteLoss);
    redis.on("ready", this.noteReturn);
    // While the connection is lost, every attempt to use it fails.
    this.worker.on("error", (error) => {
      if (redis.status === "ready") log.warn({}, messageOf(error));
    });
    this.worker.on("stalled", (job) => log.warn({ job }, `job ${job} starts again: its worker ended without a word`));
    this.worker.on("failed", (job, error) => {
      // Also what `process` could not note, and what is found outside it: workers that ended without a word, too often.
      if (job?.finishedOn !== undefined) void this.bury(job, error.message).catch(() => {});
    });
    this.worker.run().catch((error) => log.error({}, messageOf(error)));
  }

  private readonly noteLoss = (): void => {
    const { log } = this.options;
    if (!this.isLost) log.warn({}, `lost the queue at ${this.queue.address}; waiting for it`);
    this.isLost = true;
  };

  private readonly noteReturn = (): void => {
    if (this.isLost) this.options.log.info({}, `the queue at ${this.queue.address} is there again`);
    this.isLost = false;
  };

  private async process(job: Job<JobData>, token: string | undefined): Promise<void> {
    const start = performance.now();
    const abort = new AbortController();
    this.running.set(abort, job.data.run);
    const signal = AbortSignal.any([abort.signal, this.stop.signal]);
    let run: Run | undefined;
    const end = (status: JobEnd["status"], reason?: string): void => {
      const seconds = (performance.now() - start) / 1_000;
      this.report(job, run, { command: run?.command ?? "", status, seconds }, reason);
    };
    try {
      const known = await this.knownRun(job.data.run);
      run = known.run;
      if (!run || known.isCanceled) return end("canceled");
      end(await this.perform(run, job, signal));
    } catch (error) {
      if (abort.signal.aborted) return end("canceled");
      if (this.stop.signal.aborted) {
        await job.moveToWait(token);
        throw new WaitingError();
      }
      await this.failed(job, error, end);
    } finally {
      this.running.delete(abort);
    }
  }

  /** A run, looked up at most every few seconds. */
  private async knownRun(id: string): Promise<KnownRun> {
    const known = this.known.get(id);
    if (known && performance.now() - known.at < LOOK) return known;
    const run = known?.run ?? (await this.queue.runs.find(id));
    const found = { run, isCanceled: (await this.queue.runs.setting(id)) === "canceled", at: performance.now() };
    this.known.set(id, found);
    return found;
  }

  private async perform(run: Run, job: Job<JobData>, signal: AbortSignal): Promise<ImageEnd["status"]> {
    const records = new RedisStore(this.queue.redis, key(run.id, "records"));
    if (run.kind === "images") {
      const { input = "", output = "", begun = false } = job.data;
      const begin = () => job.updateData({ ...job.data, begun: true });
      const image = { input, output, begun, begin };
      return (await this.works.use(run, (work) => work.enhance(image, records, signal))).status;
    }
    const { part = REST } = job.data;
    if (await records.get(part)) return "kept";
    const result = await this.options.runCommand(run, job.data.part, signal);
    await records.put({ name: part, key: "", outputs: [], result });
    return "done";
  }

  /** @throws what makes the queue try again, or not. */
  private async failed(
    job: Job<JobData>,
    error: unknown,
    end: (status: JobEnd["status"], reason: string) => void,
  ): Promise<never> {
    const reason = messageOf(error);
    const mayPass = error instanceof PassingError || !(error instanceof UserError);
    const isLast = !mayPass || job.attemptsMade + 1 >= (job.opts.attempts ?? 1);
    if (isLast) await this.bury(job, reason).catch(() => {}); // the event of the failure tries it again
    end(isLast ? "dead" : "retry", reason);
    throw isLast ? new UnrecoverableError(reason) : new Error(reason);
  }

  private bury({ id = "", data: { run, input, part = REST } }: Job<JobData>, reason: string): Promise<void> {
    return this.queue.runs.noteDead(run, { job: id, what: input ?? part, reason, at: new Date().toISOString() });
  }

  private report({ id, data }: Job<JobData>, run: Run | undefined, end: JobEnd, reason?: string): void {
    const { log } = this.options;
    const { run: runId, input, output, part = input === undefined ? REST : undefined } = data;
    const what = input ?? `${run?.command ?? "a command"}, ${part}`;
    const fields = { job: id, run: runId, input, output, part, ...end, ...(reason !== undefined && { reason }) };
    const seconds = `${end.seconds.toFixed(2)} s`;
    if (end.status === "dead") log.error(fields, `${what} failed: ${reason}`);
    else if (end.status === "retry") log.warn(fields, `${what} is tried again later: ${reason}`);
    else log.info(fields, `${what} ${end.status} ${seconds}`);
    this.options.onEnd?.(end);
  }

  private async abortCanceled(): Promise<void> {
    for (const [abort, run] of this.running)
      if ((await this.knownRun(run)).isCanceled) abort.abort(new UserError("the run was canceled"));
  }

  /** Whether the worker has a connection to the queue. */
  get isReady(): boolean {
    return this.queue.redis.status === "ready" && this.worker.isRunning();
  }

  /**
   * Takes no further job, lets the running ones end, and puts those back that have not ended within the time. The queue stays
   * open.
   * @param patience seconds.
   */
  async drain(patience: number): Promise<void> {
    const timer = globalThis.setTimeout(() => this.stop.abort(new UserError("the worker stops")), patience * 1_000);
    const closing = this.worker.close();
    closing.catch(() => {}); // the server is away
    await Promise.race([closing, setTimeout((patience + AWAY) * 1_000, undefined, { ref: false })]);
    clearTimeout(timer);
    clearInterval(this.looking);
    await this.works.close();
    this.queue.redis.off("close", this.noteLoss).off("ready", this.noteReturn);
  }
}
