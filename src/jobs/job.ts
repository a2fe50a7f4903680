import { createHash } from "node:crypto";

/** A unit of work with a durable result: rerunning it under the same key changes nothing. */
export interface Job<Result = unknown> {
  /** Unique within a store, and stable across runs. */
  readonly name: string;
  /** Hash of everything that determines the result; see `keyOf`. */
  readonly key: string;
  /** Files that the job writes. The record is valid only while their content is what the job wrote. */
  readonly outputs: readonly string[];
  /** Does the work and writes the outputs atomically. @returns a JSON value, which is kept in the record. */
  run(context: JobContext): Promise<Result>;
}

/** The context of a running job. */
export interface JobContext {
  /** Aborted when the job should stop early. The next run must be able to continue from what it leaves. */
  readonly signal: AbortSignal;
  /** Reports the completed share, 0 to 1. */
  onProgress(share: number): void;
}

/** An output as it was written. */
export interface OutputRecord {
  readonly path: string;
  readonly sha256: string;
  /** Size and time of modification of the written file. Absent: only its content shows whether it is unchanged. */
  readonly stamp?: string | undefined;
}

/** An input as it was read. */
export interface InputRecord {
  readonly sha256: string;
  /** Size and times of the file. */
  readonly stamp: string;
}

/** A completed job. */
export interface JobRecord<Result = unknown> {
  readonly name: string;
  readonly key: string;
  readonly outputs: readonly OutputRecord[];
  readonly result: Result;
  /** The file that was read. Absent: its content must be read to find the key. */
  readonly input?: InputRecord | undefined;
}

/**
 * Stores the records of completed jobs. The local store is a file (`openLocalStore`); another implementation can store the
 * same records elsewhere.
 */
export interface JobStore {
  /** The record of the job with this name; undefined when it never completed. */
  get(name: string): Promise<JobRecord | undefined>;
  /**
   * Stores a record and replaces an earlier one of the same name. Once this resolves, the record survives the end of the
   * process, and by default also that of the system.
   * @param durable false for a record that may be lost with the system; `close` makes it durable. Default: true.
   */
  put(record: JobRecord, durable?: boolean): Promise<void>;
  close(): Promise<void>;
}

/**
 * The SHA-256 of a JSON value, hexadecimal. The order of an object's keys does not matter; keys whose value is undefined
 * do not count.
 */
export const keyOf = (value: unknown): string =>
  sha256Of(JSON.stringify(value, (_, each) => (isPlainObject(each) ? sortedByKey(each) : each)));

/** The SHA-256 of bytes, or of a text in UTF-8, hexadecimal. */
export const sha256Of = (content: Uint8Array | string): string => createHash("sha256").update(content).digest("hex");

const isPlainObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const sortedByKey = (value: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
