import { UserError } from "../errors.js";
import { version } from "../platform/node/version.js";
import type { JobQueue } from "./queue.js";
import type { Run, RunCounts, RunState } from "./run.js";

/** A run with how far it is. */
export interface RunStatus extends RunCounts {
  readonly run: Run;
  readonly state: RunState;
}

/** How far a run is. @throws UserError when there is no such run. */
export async function statusOf({ runs }: JobQueue, id: string): Promise<RunStatus> {
  const run = await runs.get(id);
  return { run, ...(await runs.progress(id)) };
}

/** How far all runs are, the latest first. */
export async function statusOfAll(queue: JobQueue): Promise<RunStatus[]> {
  const all: RunStatus[] = [];
  for (const { id } of await queue.runs.list()) all.push(await statusOf(queue, id));
  return all;
}

/**
 * Lets the dead jobs of a run start again, with all their tries.
 * @returns their number.
 * @throws UserError when there is no such run, or another version of Legible submitted it.
 */
export async function retryDead({ jobs, runs }: JobQueue, id: string): Promise<number> {
  const run = await runs.get(id);
  if (run.version !== version)
    throw new UserError(`${id} was submitted by Legible ${run.version}, and this is ${version}: use that version`);
  let count = 0;
  for await (const dead of runs.dead(id)) {
    const job = await jobs.getJob(dead.job);
    await job?.retry("failed", { resetAttemptsMade: true, resetAttemptsStarted: true });
    await runs.forgetDead(id, dead.job);
    count++;
  }
  return count;
}

/**
 * Cancels a run: its waiting jobs end without work, and its running ones stop within seconds. Outputs stay.
 * @throws UserError when there is no such run.
 */
export async function cancel(queue: JobQueue, id: string): Promise<void> {
  await queue.runs.get(id);
  await queue.runs.setState(id, "canceled");
  await removeFailed(queue, id);
}

/**
 * Removes a run that is complete or canceled from the server, with its records and dead jobs. Outputs stay.
 * @throws UserError when there is no such run.
 */
export async function remove(queue: JobQueue, id: string): Promise<void> {
  await queue.runs.get(id);
  await queue.runs.remove(id);
  await removeFailed(queue, id);
}

/** Failed jobs that are read at once. */
const PAGE = 1_000;

/** Removes the failed jobs of a run, which would keep the same jobs from being added again. */
async function removeFailed({ jobs, runs }: JobQueue, id: string): Promise<void> {
  for (let kept = 0; ; ) {
    const page = await jobs.getFailed(kept, kept + PAGE - 1);
    if (page.length === 0) break;
    const own = page.filter(({ data }) => data.run === id);
    await Promise.all(own.map((job) => job.remove()));
    kept += page.length - own.length;
  }
  await runs.forgetDead(id);
}
