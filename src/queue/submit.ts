import { type FlowJob, FlowProducer } from "bullmq";
import { UserError } from "../errors.js";
import { asQueueError } from "./connection.js";
import { type JobData, type JobQueue, queueName, queueOptions } from "./queue.js";
import { type Run, shortHash } from "./run.js";

/** An image to enhance: where it is, and the name of its output. */
export interface SubmittedImage {
  readonly input: string;
  readonly output: string;
}

/** `high`: before what waits already; `low`: after everything else. */
export const priorities = ["high", "normal", "low"] as const;
export type Priority = (typeof priorities)[number];

export interface SubmitOptions {
  /** Default: normal. */
  readonly priority?: Priority;
  readonly signal?: AbortSignal;
  /** Called with the number of images that were read so far. */
  onProgress?(read: number): void;
}

/** How many jobs were added, and how many the queue knew already. */
export interface Submitted {
  readonly added: number;
  readonly known: number;
}

/** Jobs that are added at once. */
const CHUNK = 1_000;

const PRIORITIES = { high: { lifo: true }, normal: {}, low: { priority: 10 } } as const;

/**
 * Submits a job for each image of a stream. Memory does not grow with their number. If interrupted, the same call adds what
 * is missing.
 * @throws UserError when two images have the same output; PassingError when the server fails; the signal's reason when it aborts.
 */
export async function submitImages(
  queue: JobQueue,
  run: Run,
  images: AsyncIterable<SubmittedImage>,
  { priority = "normal", signal, onProgress }: SubmitOptions = {},
): Promise<Submitted> {
  let [added, read] = [0, 0];
  try {
    for await (const chunk of chunked(images)) {
      signal?.throwIfAborted();
      if (read === 0) await queue.runs.create(run);
      added += await addImages(queue, run, chunk, PRIORITIES[priority]);
      read += chunk.length;
      onProgress?.(read);
    }
    if (read > 0) await queue.runs.setState(run.id, "open");
  } catch (error) {
    signal?.throwIfAborted();
    throw asQueueError(queue.url, error);
  }
  return { added, known: read - added };
}

/** @returns the number of jobs that were not in the queue yet. */
async function addImages(
  { jobs, runs }: JobQueue,
  { id }: Run,
  images: readonly SubmittedImage[],
  options: object,
): Promise<number> {
  const names = images.map(({ output }) => output);
  const known = await runs.submitted(id, names);
  const chosen = new Map<string, string>();
  for (const [i, { input, output }] of images.entries()) {
    const earlier = chosen.has(output) ? shortHash(chosen.get(output) as string) : known[i];
    if (earlier === null || earlier === undefined) chosen.set(output, input);
    else if (earlier !== shortHash(input))
      throw new UserError(
        `${input} and an image before it would both be written to ${output}: rename one, or submit them into different folders`,
      );
  }
  await jobs.addBulk(
    [...chosen].map(([output, input]) => ({
      name: "image",
      data: { run: id, input, output },
      opts: { ...options, jobId: `${id}-${shortHash(output)}` },
    })),
  );
  await runs.noteSubmitted(id, chosen); // after the jobs: what an interruption leaves out is added again, and done once
  return chosen.size;
}

async function* chunked<T>(items: AsyncIterable<T>): AsyncIterable<T[]> {
  let chunk: T[] = [];
  for await (const item of items) {
    if (chunk.push(item) < CHUNK) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}

/** The name of the job that follows the parts of a command. */
export const REST = "rest";

/**
 * Submits a command: a job for each part, and one that waits for all of them.
 * @param parts may run at the same time, on different machines; none if the command has no parts.
 * @throws PassingError when the server fails.
 */
export async function submitCommand(
  queue: JobQueue,
  run: Run,
  parts: readonly string[],
  { priority = "normal" }: SubmitOptions = {},
): Promise<Submitted> {
  const names = [...parts, REST];
  try {
    await queue.runs.create(run);
    const known = await queue.runs.submitted(run.id, names);
    if (known.every((each) => each !== null)) return { added: 0, known: names.length };
    const job = (name: string, data: JobData) => ({
      ...{ name: "command", queueName: queueName(), data },
      opts: { ...queue.jobs.defaultJobOptions, ...PRIORITIES[priority], jobId: `${run.id}-${shortHash(name)}` },
    });
    const children = parts.map((part) => job(part, { run: run.id, part }));
    await addFlow(queue, { ...job(REST, { run: run.id }), children });
    await queue.runs.noteSubmitted(run.id, new Map(names.map((name) => [name, name])));
    await queue.runs.setState(run.id, "open");
  } catch (error) {
    throw asQueueError(queue.url, error);
  }
  return { added: names.length, known: 0 };
}

async function addFlow({ redis }: JobQueue, flow: FlowJob): Promise<void> {
  const flows = new FlowProducer(queueOptions(redis));
  try {
    await flows.add(flow);
  } finally {
    await flows.close();
  }
}
