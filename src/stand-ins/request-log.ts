import { appendFileSync, closeSync, openSync } from "node:fs";
import { messageOf, UserError } from "../errors.js";
import type { Fault } from "./faults.js";

/** A request, as a line of the log holds it. */
export interface LoggedRequest {
  /** The number of the request to the stand-in, from 0. */
  readonly n: number;
  /** When it was answered, ISO 8601. */
  readonly time: string;
  readonly status: number;
  readonly fault: Fault | null;
  /** SHA-256 of the bytes of each image that the request contained. */
  readonly images: readonly string[];
  /** Whether the request was answered with 200 and a complete body, all of which was sent. */
  readonly answered: boolean;
  /** The images that a service would charge for: those with labels in such an answer. */
  readonly paid: readonly string[];
}

/** A log of requests in JSON Lines. */
export interface RequestLog {
  add(request: LoggedRequest): void;
  close(): void;
}

/** Opens a log, which is appended to; without a path, nothing is written. @throws UserError when it cannot be written. */
export function openRequestLog(path?: string): RequestLog {
  if (path === undefined) return { add() {}, close() {} };
  try {
    const file = openSync(path, "a");
    return {
      add: (request) => appendFileSync(file, `${JSON.stringify(request)}\n`),
      close: () => closeSync(file),
    };
  } catch (error) {
    throw new UserError(`cannot write the log ${path}: ${messageOf(error)}`);
  }
}
