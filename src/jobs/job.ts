import { createHash } from "node:crypto";

/** A unit of work with a durable result: doing it again under the same key would change nothing. */
export interface Job<Result = unknown> {
  /** Unique within a store, and the same from run to run. */
  readonly name: string;
  /** Hash of everything that decides the result; see `keyOf`. */
  readonly key: string;
  /** Files that the job writes. The record counts only while they hold what the job wrote. */
  readonly outputs: readonly string[];
  /** Does the work and writes the outputs atomically. @returns a JSON value, which is kept in the record. */
  run(context: JobContext): Promise<Result>;
}

/** What a running job is given. */
export interface JobContext {
  /** Aborted when the job should stop early. What it then leaves must allow the next run to continue. */
  readonly signal: AbortSignal;
  /** Reports the completed share, 0 to 1. */
  onProgress(share: number): void;
}

/** An output as it was written. */
export interface OutputRecord {
  readonly path: string;
  readonly sha256: string;
}

/** A completed job. */
export interface JobRecord<Result = unknown> {
  readonly name: string;
  readonly key: string;
  readonly outputs: readonly OutputRecord[];
  readonly result: Result;
}

/**
 * Where records are kept. The local store is a file (`openLocalStore`); a queue's store keeps the same records elsewhere
 * without a caller changing.
 */
export interface JobStore {
  /** The record of the job with this name; undefined when it never completed. */
  get(name: string): Promise<JobRecord | undefined>;
  /** Keeps a record, in place of an earlier one of the same name. On return it survives a crash. */
  put(record: JobRecord): Promise<void>;
  close(): Promise<void>;
}

/**
 * The SHA-256 of a JSON value, hexadecimal. The order of an object's keys does not matter; keys whose value is undefined
 * do not count.
 */
export const keyOf = (value: unknown): string =>
  createHash("sha256")
    .update(JSON.stringify(value, (_, each) => (isPlainObject(each) ? sortedByKey(each) : each)))
    .digest("hex");

const isPlainObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const sortedByKey = (value: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
