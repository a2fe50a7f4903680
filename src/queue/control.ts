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
  return { run, state: await runs.state(id), ...(await runs.counts(id)) };
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
 * @throws UserError when there is no such run.
 */
export async function retryDead({ jobs, runs }: JobQueue, id: string): Promise<number> {
  await runs.get(id);
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
export async function cancel({ runs }: JobQueue, id: string): Promise<void> {
  await runs.get(id);
  await runs.setState(id, "canceled");
}

/**
 * Removes a run that is complete or canceled from the server, with its records and dead jobs. Outputs stay.
 * @throws UserError when there is no such run.
 */
export async function remove({ jobs, runs }: JobQueue, id: string): Promise<void> {
  await runs.get(id);
  for await (const dead of runs.dead(id)) await (await jobs.getJob(dead.job))?.remove();
  await runs.remove(id);
}
