import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { PassingError, UserError } from "../errors.js";
import type { Log } from "../queue/log.js";
import type { Run } from "../queue/run.js";
import type { CommandRunner } from "../queue/worker.js";

/** What the process of a part gets. */
export interface PartRequest {
  readonly url: string;
  readonly run: Run;
  readonly part?: string | undefined;
}

/** A message of the process of a part. */
export const PartReply = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("info"), text: z.string() }),
  z.object({ kind: z.literal("ended"), outcome: z.string(), printed: z.string(), unusable: z.number() }),
  z.object({ kind: z.literal("failed"), message: z.string(), isLasting: z.boolean() }),
]);
export type PartReply = z.output<typeof PartReply>;

/** What is recorded of a part. */
export const PartResult = z.object({ printed: z.string(), unusable: z.number() });
export type PartResult = z.output<typeof PartResult>;

const child = fileURLToPath(new URL("./part-process.js", import.meta.url));

/**
 * Runs parts of commands in processes of their own, because ONNX Runtime blocks the thread that it runs in: the worker keeps
 * renewing the lock of the job, and a command that runs out of memory does not end the worker.
 */
export const partRunner =
  (url: string, log: Log): CommandRunner =>
  async (run, part, signal) => {
    const reply = await lastReply({ url, run, part }, signal, (text) => log.info({ run: run.id, part }, text));
    signal.throwIfAborted();
    if (reply === undefined) throw new PassingError(`the process of ${run.command} ended without a word`);
    if (reply.kind === "failed") throw new (reply.isLasting ? UserError : PassingError)(reply.message);
    if (reply.outcome === "interrupted") throw new PassingError(`${run.command} was interrupted`);
    return { printed: reply.printed, unusable: reply.unusable } satisfies PartResult;
  };

/** Starts the process, and stops it when the signal aborts. @returns its last message; undefined if there was none. */
function lastReply(request: PartRequest, signal: AbortSignal, onInfo: (text: string) => void) {
  return new Promise<Exclude<PartReply, { kind: "info" }> | undefined>((resolve, reject) => {
    const part = fork(child, { stdio: ["ignore", "ignore", "inherit", "ipc"] });
    const stop = (): void => void part.kill("SIGTERM");
    signal.addEventListener("abort", stop, { once: true });
    let last: Exclude<PartReply, { kind: "info" }> | undefined;
    part.on("message", (message) => {
      const reply = PartReply.parse(message);
      if (reply.kind === "info") onInfo(reply.text);
      else last = reply;
    });
    part.on("error", reject);
    part.on("exit", () => {
      signal.removeEventListener("abort", stop);
      resolve(last);
    });
    part.send(request);
  });
}
