import { resolve } from "node:path";
import { messageOf } from "../errors.js";
import { sha256OfFile } from "../platform/node/models.js";
import type { Job, JobRecord, JobStore, OutputRecord } from "./job.js";

/** The status of a job: `kept` was already complete, `done` was completed by this call. */
export type JobEvent<Result> =
  | { readonly kind: "kept" | "done"; readonly job: Job<Result>; readonly result: Result }
  | { readonly kind: "failed"; readonly job: Job<Result>; readonly reason: string };

/** Options of `runJobs`. */
export interface RunOptions<Result> {
  /** Records complete jobs. Default: none, so every job runs. */
  readonly store?: JobStore;
  /** Stops before the next job. The running jobs receive it too. */
  readonly signal?: AbortSignal;
  /** Number of jobs that run at the same time. They must not depend on each other. Default: 1. */
  readonly concurrency?: number;
  /** Whether the jobs after a failed one still run; otherwise its error is thrown. Default: false. */
  readonly continueAfterFailure?: boolean;
  /** Called before a job that is not complete yet. */
  onStart?(job: Job<Result>): void;
  /** Called with the completed share, 0 to 1, of a running job. */
  onProgress?(job: Job<Result>, share: number): void;
  onEnd?(event: JobEvent<Result>): void;
}

/**
 * Runs jobs in order and records each when it completes; complete jobs are skipped. If interrupted, the same call does only
 * what is left. No job is running when the promise resolves or rejects: after a failure or an abort, the running jobs are
 * aborted and awaited.
 * @returns the results of the complete jobs, in the order of the jobs.
 * @throws what a job throws, unless `continueAfterFailure`; the signal's reason when it aborts.
 */
export async function runJobs<Result>(
  jobs: Iterable<Job<Result>> | AsyncIterable<Job<Result>>,
  options: RunOptions<Result> = {},
): Promise<Result[]> {
  const { concurrency = 1 } = options;
  const failure = new AbortController();
  const signal = AbortSignal.any([failure.signal, ...(options.signal ? [options.signal] : [])]);
  const stop = (error: unknown): readonly Result[] => {
    failure.abort(error); // the first error counts
    return [];
  };
  const all: Promise<readonly Result[]>[] = [];
  const running = new Set<Promise<unknown>>();
  try {
    for await (const job of jobs) {
      const run = runJob(job, signal, options)
        .catch(stop)
        .finally(() => running.delete(run));
      all.push(run);
      running.add(run);
      if (running.size >= concurrency) await Promise.race(running);
      signal.throwIfAborted();
    }
  } catch (error) {
    stop(error);
  }
  const results = await Promise.all(all);
  signal.throwIfAborted();
  return results.flat();
}

/** Runs a job that is not complete, and records it. @returns its result; nothing if it failed and the others continue. */
async function runJob<Result>(
  job: Job<Result>,
  signal: AbortSignal,
  { store, continueAfterFailure = false, ...on }: RunOptions<Result>,
): Promise<readonly Result[]> {
  const kept = store && (await completed(job, store));
  if (kept) {
    on.onEnd?.({ kind: "kept", job, result: kept.result });
    return [kept.result];
  }
  signal.throwIfAborted();
  on.onStart?.(job);
  try {
    const result = await job.run({ signal, onProgress: (share) => on.onProgress?.(job, share) });
    signal.throwIfAborted();
    await store?.put({ name: job.name, key: job.key, outputs: await recordsOf(job.outputs), result });
    on.onEnd?.({ kind: "done", job, result });
    return [result];
  } catch (error) {
    if (signal.aborted || !continueAfterFailure) throw error;
    on.onEnd?.({ kind: "failed", job, reason: messageOf(error) });
    return [];
  }
}

/** The record of a job that is complete: under its key, with outputs that hold what it wrote. */
export async function completed<Result>(job: Job<Result>, store: JobStore): Promise<JobRecord<Result> | undefined> {
  const record = await store.get(job.name);
  if (record?.key !== job.key) return undefined;
  const written = new Map(record.outputs.map(({ path, sha256 }) => [path, sha256]));
  for (const output of job.outputs)
    if ((await sha256IfThere(output)) !== written.get(resolve(output))) return undefined;
  return record as JobRecord<Result>;
}

const recordsOf = (outputs: readonly string[]): Promise<OutputRecord[]> =>
  Promise.all(outputs.map(async (path) => ({ path: resolve(path), sha256: await sha256OfFile(path) })));

const sha256IfThere = (path: string): Promise<string | null> => sha256OfFile(path).catch(() => null);
