import { z } from "zod";
import { cancel, remove, retryDead } from "../queue/control.js";
import type { JobQueue } from "../queue/queue.js";
import { type Command, defineCommand } from "./command.js";
import { runSetting } from "./jobs-watch.js";
import { queueSetting, withQueue } from "./queue-settings.js";

/** A command that changes a run. @param change does it, and returns what was done in words. */
function runChange(name: string, notes: string, change: (queue: JobQueue, run: string) => Promise<string>) {
  return defineCommand({
    name: `jobs ${name}`,
    settings: z.object({ run: runSetting, queue: queueSetting }),
    notes,
    examples: [`legible jobs ${name} 1f0c9a7be215 --queue redis://queue:6379`],
    async run({ run, queue: given }, context) {
      context.print(await withQueue(given, (queue) => change(queue, run)));
      return "done";
    },
  });
}

export const jobsRetry = runChange("retry", "Each has all its tries again.", async (queue, run) => {
  const count = await retryDead(queue, run);
  return `${count} ${count === 1 ? "job starts" : "jobs start"} again`;
});

export const jobsCancel = runChange(
  "cancel",
  "Outputs and records that exist stay. The same command, submitted again, goes on with what is missing.",
  async (queue, run) => {
    await cancel(queue, run);
    return `${run} is canceled`;
  },
);

export const jobsRemove = runChange(
  "remove",
  "A record needs about 400 bytes of the server's memory: remove runs whose results you have.",
  async (queue, run) => {
    await remove(queue, run);
    return `${run} is removed`;
  },
);

/** A command for all workers of the queue of this version. */
function queueChange(name: string, change: (queue: JobQueue) => Promise<void>, said: string): Command {
  return defineCommand({
    name: `jobs ${name}`,
    settings: z.object({ queue: queueSetting }),
    examples: [`legible jobs ${name} --queue redis://queue:6379`],
    async run({ queue: given }, context) {
      await withQueue(given, change);
      context.print(said);
      return "done";
    },
  }) as unknown as Command;
}

export const jobsPause = queueChange("pause", ({ jobs }) => jobs.pause(), "the queue is paused");

export const jobsResume = queueChange("resume", ({ jobs }) => jobs.resume(), "the queue goes on");
