import type { Annotation } from "../data/annotation.js";
import { type Item, titleOf } from "../data/item.js";
import type { Task } from "../data/task.js";
import { messageOf } from "../errors.js";
import type { Skipped } from "./evaluation.js";
import type { EvaluationSample } from "./protocols.js";
import type { Truth } from "./truth.js";
import type { EvaluationWorkers } from "./workers.js";

/** Seed of the random part of degradations and of the bootstrap. */
export const SEED = 0;

/** An evaluation sample with what is known of its image. */
export interface Sample extends EvaluationSample {
  readonly file: string;
  readonly annotation: Annotation;
  readonly truth: Truth;
  /** Its number among the images that are evaluated. */
  readonly number: number;
  /** What is wrong with the file, which was decoded nevertheless. */
  readonly flaw?: string;
}

/** Consecutive items that are loaded together. */
export interface ItemBatch {
  readonly items: readonly Item[];
  /** The number of the first item among those evaluated; with the seed it determines the random part of degradations. */
  readonly first: number;
}

/** Items in batches of `size`; the last may be smaller. */
export const batchesOf = (items: readonly Item[], size: number): ItemBatch[] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, i) => ({
    items: items.slice(i * size, (i + 1) * size),
    first: i * size,
  }));

/** `limit` items at even distances: a data set sorted by class would otherwise show only its first classes. */
export const spread = <T>(items: readonly T[], limit: number): readonly T[] =>
  limit >= items.length
    ? items
    : Array.from({ length: limit }, (_, i) => items[Math.floor((i * items.length) / limit)] as T);

/** The samples of a batch; instead of one, the reason why its image cannot be evaluated. */
export const loadSamples = (
  { items, first }: ItemBatch,
  task: Task,
  workers: EvaluationWorkers,
): Promise<(Sample | Skipped)[]> =>
  Promise.all(
    items.map((item, i) =>
      orSkipped(item, async () => {
        const { value, truth, ...flaw } = await workers.sample(item, task, [SEED, first + i]);
        return { file: titleOf(item), annotation: item.annotation, truth, number: first + i, ...value, ...flaw };
      }),
    ),
  );

/** What `load` makes of an item; instead, the reason why it fails. */
export const orSkipped = <T>(item: Item, load: () => Promise<T>): Promise<T | Skipped> =>
  load().catch((error) => ({ file: titleOf(item), reason: messageOf(error) }));

/** Separates what was loaded from what could not be. */
export function separated<T extends object>(all: readonly (T | Skipped)[]): { loaded: T[]; skipped: Skipped[] } {
  const isSkipped = (each: T | Skipped): each is Skipped => "reason" in each;
  return { loaded: all.filter((each) => !isSkipped(each)) as T[], skipped: all.filter(isSkipped) };
}

/**
 * What `load` makes of each input, in order. Prefetches: the next input is already being loaded while the caller uses one.
 * @param begin sends the requests for an input, before its promise resolves, and returns what they will answer.
 */
export async function* prefetched<Input, Output>(
  inputs: readonly Input[],
  begin: (input: Input) => Promise<{ readonly loading: Promise<Output> }>,
): AsyncGenerator<Output> {
  let next = inputs[0] === undefined ? undefined : await begin(inputs[0]);
  for (const i of inputs.keys()) {
    const loaded = await next?.loading;
    const following = inputs[i + 1];
    next = following === undefined ? undefined : await begin(following);
    yield loaded as Output;
  }
}

/** Pixels of an image that the default protocol evaluates. */
const CROP_PIXELS = 224 ** 2;

/**
 * Samples that can be restored together: of one size, and no more pixels than `most` images of 224 x 224 have.
 */
export function groupsOf(samples: readonly Sample[], most: number): Sample[][] {
  const groups: Sample[][] = [];
  const open = new Map<string, Sample[]>();
  for (const sample of samples) {
    const { width, height } = sample.clean;
    const fitting = Math.max(1, Math.floor((most * CROP_PIXELS) / (width * height)));
    const group = open.get(`${width}x${height}`);
    if (group && group.length < fitting) group.push(sample);
    else {
      groups.push([sample]);
      open.set(`${width}x${height}`, groups.at(-1) as Sample[]);
    }
  }
  return groups;
}
