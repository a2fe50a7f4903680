import { z } from "zod";
import { UserError } from "../errors.js";
import { JobQueue } from "../queue/queue.js";
import { named } from "../settings.js";

/** The variable of the environment that names the queue where no setting does. */
const VARIABLE = "LEGIBLE_QUEUE";

/** The queue that a command uses. */
export const queueSetting = z
  .string()
  .min(1, "must not be empty")
  .optional()
  .describe(`the queue: redis://[user:password@]host[:port], or rediss:// for TLS (default: ${VARIABLE})`)
  .meta({ placeholder: "url" });

export const queueNotes = `A queue is a Redis server (6.2 or newer) or Valkey. The variable ${VARIABLE} keeps its password out of the list of processes.`;

/** The address of the queue that is set or in the environment. */
export const queueUrl = (given: string | undefined): string | undefined =>
  given ?? (process.env[VARIABLE] || undefined);

/** @throws UserError when no queue is named. */
export function requireQueueUrl(given: string | undefined): string {
  const url = queueUrl(given);
  if (url !== undefined) return url;
  throw new UserError(`no queue is named: set ${named("queue")} to redis://host:6379, or the variable ${VARIABLE}`);
}

/**
 * Opens the queue for a command and closes it afterwards.
 * @throws UserError when none is named or it cannot be used.
 */
export async function withQueue<T>(given: string | undefined, use: (queue: JobQueue) => Promise<T>): Promise<T> {
  const queue = await JobQueue.open(requireQueueUrl(given));
  try {
    return await use(queue);
  } finally {
    await queue.close();
  }
}
