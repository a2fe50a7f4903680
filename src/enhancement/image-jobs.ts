import { extname, join, relative, sep } from "node:path";
import { type Job, type JobContext, type JobStore, keyOf } from "../jobs/job.js";
import { openLocalStore } from "../jobs/local-store.js";
import { type JobEvent, runJobs } from "../jobs/run-jobs.js";
import { sha256OfFile } from "../platform/node/models.js";
import type { ImageRemarks, ImageSize } from "./enhance.js";
import type { FilePlan, PlannedImage } from "./plan.js";

/** A complete output. */
export interface WrittenImage extends PlannedImage, ImageResult {}

/** The result of an image's job; a kind of work may add to it. */
export type ImageResult = ImageSize & ImageRemarks;

/** An image without an output, and why. */
export interface FailedImage {
  readonly input: string;
  readonly reason: string;
}

/** The end of an image: `kept` was complete before the call, `done` was computed in it. */
export type ImageEvent =
  | ({ readonly kind: "kept" | "done" } & WrittenImage)
  | ({ readonly kind: "failed" } & FailedImage);

/** Options of every batch of image files. */
export interface BatchOptions {
  /** Records complete outputs, so that the same call computes only what is left. Default: every output is computed. */
  readonly store?: JobStore | undefined;
  /** Stops the work. The running image then leaves no output. */
  readonly signal?: AbortSignal;
  /** Called with the index of the running image and its completed share: 0 at its start, at most 1. */
  onProgress?(index: number, share: number): void;
  onEnd?(event: ImageEvent): void;
}

/** The result of a batch of image files. */
export interface BatchSummary<Result extends ImageResult = ImageResult> {
  /** Complete outputs, in the order of the plan. */
  readonly written: readonly (PlannedImage & Result)[];
  /** How many of them were complete before the call. */
  readonly kept: number;
  readonly failed: readonly FailedImage[];
}

/** The work on each image of a plan. */
export interface ImageWork<Result extends ImageResult = ImageResult> {
  /** Everything that determines the output, apart from the content of the input and the output's format. A JSON value. */
  settingsOf(index: number): unknown;
  /** Writes the output atomically. */
  run(image: PlannedImage, index: number, context: JobContext): Promise<Result>;
}

/**
 * Opens the store of a plan's output folder: the hidden file `.legible-jobs.jsonl`.
 * @returns undefined if the output is a single named file, beside which no store is kept.
 * @throws UserError when the file cannot be read.
 */
export const openOutputStore = async ({ folder, toFile }: FilePlan): Promise<JobStore | undefined> =>
  toFile ? undefined : openLocalStore(join(folder, ".legible-jobs.jsonl"));

/**
 * Runs one job for each image of a plan, in order. Images that fail are listed; the others are still processed. The content
 * of inputs and outputs decides what is complete, not their time stamps.
 * @throws the signal's reason when it aborts.
 */
export async function runImageJobs<Result extends ImageResult>(
  plan: FilePlan,
  work: ImageWork<Result>,
  options: BatchOptions,
): Promise<BatchSummary<Result>> {
  const written: (PlannedImage & Result)[] = [];
  const failed: FailedImage[] = [];
  const images = new Map(plan.images.map((image) => [nameOf(image, plan), image]));
  let kept = 0;
  const onEnd = (event: JobEvent<Result>) => {
    const image = images.get(event.job.name) as PlannedImage;
    if (event.kind === "failed") {
      const failure = { input: image.input, reason: event.reason };
      failed.push(failure);
      options.onEnd?.({ kind: "failed", ...failure });
      return;
    }
    const output = { ...image, ...event.result };
    written.push(output);
    if (event.kind === "kept") kept++;
    options.onEnd?.({ kind: event.kind, ...output });
  };
  const { store, signal } = options;
  await runJobs(jobsOf(plan, work, options), {
    ...(store && { store }),
    ...(signal && { signal }),
    continueAfterFailure: true,
    onEnd,
  });
  return { written, kept, failed };
}

/** Hashes an input just before its job, so that a long batch starts at once. */
async function* jobsOf<Result extends ImageResult>(
  plan: FilePlan,
  work: ImageWork<Result>,
  { onProgress }: BatchOptions,
): AsyncGenerator<Job<Result>> {
  for (const [index, image] of plan.images.entries()) {
    const content = await sha256OfFile(image.input).catch(() => null); // the job itself reports why it cannot be read
    yield {
      name: nameOf(image, plan),
      key: keyOf({ content, format: extname(image.output).toLowerCase(), settings: work.settingsOf(index) }),
      outputs: [image.output],
      run({ signal }) {
        onProgress?.(index, 0);
        return work.run(image, index, { signal, onProgress: (share) => onProgress?.(index, share) });
      },
    };
  }
}

/** The path of an output relative to the output folder, with "/". */
const nameOf = ({ output }: PlannedImage, { folder }: FilePlan): string =>
  relative(folder, output).replaceAll(sep, "/");
