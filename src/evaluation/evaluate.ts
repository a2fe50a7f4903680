import type { Dataset } from "../data/dataset.js";
import { type Item, titleOf } from "../data/item.js";
import type { EvaluationSample } from "../data/samples.js";
import type { Task } from "../data/task.js";
import { messageOf, UserError } from "../errors.js";
import type { Image } from "../images/image.js";
import { toPlanar } from "../images/planar.js";
import { resize } from "../images/resize.js";
import { rankOf } from "../metrics/accuracy.js";
import type { Processor } from "../processors/processor.js";
import { requireRecognizes } from "../recognition/classes.js";
import type { Recognizer } from "../recognition/recognizer.js";
import type { Likeness } from "./assistant-worker.js";
import { Assistants } from "./assistants.js";
import type { Evaluation, Skipped } from "./evaluation.js";
import { type Measured, summarize } from "./summarize.js";

/** What to evaluate, on which images. */
export interface EvaluateOptions {
  dataset: Dataset;
  task: Task;
  /** Compared in this order: each gain is over "none" and over the processors before. */
  processors: readonly Processor[];
  /** None: only PSNR and SSIM, for which the images need no class. */
  recognizers: readonly Recognizer[];
  /** At most so many images, spread evenly over the data set. Default: all. */
  limit?: number;
  /** Images given to a network at once. Default: 16. */
  batch?: number;
  onProgress?(done: number, total: number): void;
}

/** Of the random part of a degradation and of the bootstrap. */
const SEED = 0;

interface Sample extends EvaluationSample {
  /** Null only where no recognizer judges. */
  label: number | null;
}

/**
 * Runs processors x recognizers over a data set: "none" (the degraded image interpolated) and "clean" stand beside the
 * processors. Every image is judged as the 8-bit picture that would be saved. Broken images are left out and listed.
 * @throws UserError when a processor does not fit the task, when an image has no class that a recognizer knows, and when
 * no image can be read.
 */
export async function evaluate(options: EvaluateOptions): Promise<Evaluation> {
  const { dataset, task, processors, recognizers, limit = Number.POSITIVE_INFINITY, batch = 16, onProgress } = options;
  requireDistinct("processor", ["none", ...processors.map(({ name }) => name), "clean"]);
  requireDistinct(
    "recognizer",
    recognizers.map(({ name }) => name),
  );
  const items = spread(dataset.items, limit);
  for (const recognizer of recognizers) await requireRecognizes(recognizer, items, "judge");
  const skipped: Skipped[] = dataset.missing.map((file) => ({ file, reason: "listed in labels.csv, but not there" }));
  const rows = ["none", ...processors.map(({ name }) => name), "clean"].map((name) => newMeasured(name, recognizers));
  const assistants = new Assistants();
  const comparing: Promise<readonly Likeness[]>[] = [];
  let done = 0;
  try {
    for await (const loaded of samplesOf(items, task, batch, assistants, skipped)) {
      for (const samples of groupedBySize(loaded)) {
        const images = await restoredBy(processors, samples, task);
        for (const [i, row] of rows.entries()) await recognize(row, images[i] as Image[], samples, recognizers);
        comparing.push(assistants.compare(images.slice(0, -1), images.at(-1) as Image[]));
      }
      while (comparing.length > COMPARING) note(rows, await (comparing.shift() as Promise<readonly Likeness[]>));
      done = Math.min(done + batch, items.length);
      onProgress?.(done, items.length);
    }
    for (const likenesses of comparing) note(rows, await likenesses);
  } finally {
    await assistants.close();
  }
  if (rows[0]?.psnr.length === 0)
    throw new UserError(`none of the ${items.length} images can be read (${skipped[0]?.reason})`);
  const { folders, selection } = dataset;
  return summarize({ task, folders, selection, skipped, seed: SEED, rows });
}

/** Batches that are still compared with the clean images while the networks go on with the next. */
const COMPARING = 2;

/** The images of each row: interpolated, restored by each processor, clean. */
async function restoredBy(
  processors: readonly Processor[],
  samples: readonly Sample[],
  task: Task,
): Promise<Image[][]> {
  const degraded = samples.map((sample) => sample.degraded);
  const restored: Image[][] = [];
  for (const processor of processors) restored.push(await processor.restore(degraded, task));
  return [samples.map(({ interpolated }) => interpolated), ...restored, samples.map(({ clean }) => clean)];
}

/** Adds, for each recognizer, the rank of the true class. */
async function recognize(
  row: Measured,
  images: readonly Image[],
  samples: readonly Sample[],
  recognizers: readonly Recognizer[],
): Promise<void> {
  const inputs = new Map<number, Float32Array>();
  for (const recognizer of recognizers) {
    const { size } = recognizer;
    const input = inputs.get(size) ?? inputOf(size, images);
    inputs.set(size, input);
    const logits = await recognizer.logits(input, images.length);
    const classes = logits.length / images.length;
    const ranks = samples.map(({ label }, i) => rankOf(logits, i * classes, classes, label as number));
    row.ranks.get(recognizer.name)?.push(...ranks);
  }
}

/** Adds PSNR and SSIM to every row; of the last, which is clean, they are known. */
function note(rows: readonly Measured[], likenesses: readonly Likeness[]): void {
  const equal = likenesses[0]?.psnr.map(() => 1) ?? [];
  const clean = { psnr: equal.map(() => Number.POSITIVE_INFINITY), ssim: equal };
  for (const [i, { psnr, ssim }] of [...likenesses, clean].entries()) {
    rows[i]?.psnr.push(...psnr);
    rows[i]?.ssim.push(...ssim);
  }
}

/** [N, 3, size, size] for recognizers of that size; images of another are resized to it. */
function inputOf(size: number, images: readonly Image[]): Float32Array {
  const input = new Float32Array(images.length * 3 * size * size);
  for (const [i, image] of images.entries())
    toPlanar(resize(image, size, size, "bilinear"), input, i * 3 * size * size);
  return input;
}

/** Has a batch decoded and cropped while the one before is judged. */
async function* samplesOf(
  items: readonly Item[],
  task: Task,
  batch: number,
  assistants: Assistants,
  skipped: Skipped[],
) {
  const load = (start: number) =>
    Promise.all(items.slice(start, start + batch).map((item, i) => loadSample(item, task, assistants, start + i)));
  let next = load(0);
  for (let start = 0; start < items.length; start += batch) {
    const loaded = await next;
    next = load(start + batch);
    skipped.push(...loaded.filter((each) => "reason" in each));
    yield loaded.filter((each) => "clean" in each);
  }
}

async function loadSample(item: Item, task: Task, assistants: Assistants, index: number): Promise<Sample | Skipped> {
  try {
    return { label: item.label, ...(await assistants.sample(item, task, [SEED, index])) };
  } catch (error) {
    return { file: titleOf(item), reason: messageOf(error) };
  }
}

/** Photographs smaller than the crop give samples of other sizes, which cannot share a batch. */
function groupedBySize(samples: readonly Sample[]): Sample[][] {
  const groups = new Map<string, Sample[]>();
  for (const sample of samples) {
    const size = `${sample.clean.width}x${sample.clean.height}`;
    groups.set(size, [...(groups.get(size) ?? []), sample]);
  }
  return [...groups.values()];
}

/** Items at even distances: the first of a data set sorted by class would be of a few classes only. */
const spread = (items: readonly Item[], limit: number): readonly Item[] =>
  limit >= items.length
    ? items
    : Array.from({ length: limit }, (_, i) => items[Math.floor((i * items.length) / limit)] as Item);

const newMeasured = (processor: string, recognizers: readonly Recognizer[]): Measured => ({
  processor,
  psnr: [],
  ssim: [],
  ranks: new Map(recognizers.map(({ name }) => [name, []])),
});

/** @throws UserError when two have one name. */
export function requireDistinct(what: string, names: readonly string[]): void {
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new UserError(`there are two ${what}s named "${twice}"; give each a name of its own`);
}
