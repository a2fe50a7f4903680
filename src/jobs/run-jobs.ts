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
  /** Stops before the next job. The running job receives it too. */
  readonly signal?: AbortSignal;
  /** Whether the jobs after a failed one still run; otherwise its error is thrown. Default: false. */
  readonly continueAfterFailure?: boolean;
  /** Called before a job that is not complete yet. */
  onStart?(job: Job<Result>): void;
  /** Called with the completed share, 0 to 1, of the running job. */
  onProgress?(job: Job<Result>, share: number): void;
  onEnd?(event: JobEvent<Result>): void;
}

/**
 * Runs jobs in order and records each that completes; complete jobs are skipped. If interrupted, the same call does only
 * what is left.
 * @returns the results of the complete jobs, in order.
 * @throws what a job throws, unless `continueAfterFailure`; the signal's reason when it aborts.
 */
export async function runJobs<Result>(
  jobs: Iterable<Job<Result>> | AsyncIterable<Job<Result>>,
  options: RunOptions<Result> = {},
): Promise<Result[]> {
  const { store, signal = new AbortController().signal, continueAfterFailure = false } = options;
  const results: Result[] = [];
  for await (const job of jobs) {
    signal.throwIfAborted();
    const kept = store && (await completed(job, store));
    if (kept) {
      results.push(kept.result);
      options.onEnd?.({ kind: "kept", job, result: kept.result });
      continue;
    }
    options.onStart?.(job);
    try {
      const result = await job.run({ signal, onProgress: (share) => options.onProgress?.(job, share) });
      signal.throwIfAborted();
      await store?.put({ name: job.name, key: job.key, outputs: await recordsOf(job.outputs), result });
      results.push(result);
      options.onEnd?.({ kind: "done", job, result });
    } catch (error) {
      if (signal.aborted || !continueAfterFailure) throw error;
      options.onEnd?.({ kind: "failed", job, reason: messageOf(error) });
    }
  }
  return results;
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
