import { join } from "node:path";
import { messageOf } from "../errors.js";
import { type JobRecord, type JobStore, sha256Of } from "../jobs/job.js";
import { openLocalStore } from "../jobs/local-store.js";
import { writeBytes } from "../platform/node/files.js";
import { pixelsInHeader } from "../platform/node/image-header.js";
import { stampOf } from "../platform/node/stamp.js";
import type { ImageRemarks, ImageSize } from "./enhance.js";
import {
  type ImageState,
  ImageStates,
  type OverwriteMode,
  outputText,
  type ReadInput,
  readInput,
} from "./image-states.js";
import { OrderedEnds } from "./ordered-ends.js";
import { OutputFolder, requireNoOutputs } from "./output-folder.js";
import { requireShortName } from "./output-names.js";
import type { FilePlan, PlannedImage } from "./plan.js";
import { WorkSlots } from "./work-slots.js";

/** A complete output. */
export interface WrittenImage extends PlannedImage, ImageResult {}

/** The result of an image's job; a kind of work may add to it. */
export type ImageResult = ImageSize & ImageRemarks;

/** An image without an output, and why. */
export interface FailedImage {
  readonly input: string;
  readonly reason: string;
}

/**
 * The end of an image: `kept` was complete before the call, `done` was computed in it; of `exists` a file that Legible did not
 * write is in the place of the output and stays there.
 */
export type ImageEvent =
  | ({ readonly kind: "kept" | "done"; readonly seconds: number } & WrittenImage)
  | ({ readonly kind: "exists" } & PlannedImage)
  | ({ readonly kind: "failed"; readonly reason: string } & PlannedImage);

/** Options of every batch of image files. */
export interface BatchOptions {
  /** Records complete outputs, so that the same call computes only what is left. Default: every output is computed. */
  readonly store?: JobStore | undefined;
  /** What happens to existing outputs. Default: what is not complete is computed, and replaces any file in its place. */
  readonly overwrite?: OverwriteMode | undefined;
  /**
   * Whether the content of inputs and outputs decides what is complete. Default: false, so that files whose size and times are
   * those of the record are taken as unchanged without being read.
   */
  readonly verify?: boolean | undefined;
  /** Whether the summary lists images. Without, memory does not grow with their number. Default: true. */
  readonly collect?: boolean | undefined;
  /** Stops the work. The running image then leaves no output. */
  readonly signal?: AbortSignal;
  /** Called with the index of the running image and its completed share: 0 at its start, at most 1. */
  onProgress?(index: number, share: number): void;
  /** Called for each image, in the order of the plan. */
  onEnd?(event: ImageEvent): void;
}

/** The result of a batch of image files. Its lists are empty without `collect`. */
export interface BatchSummary<Result extends ImageResult = ImageResult> {
  /** Complete outputs, in the order of the plan. */
  readonly written: readonly (PlannedImage & Result)[];
  /** How many of them were complete before the call. */
  readonly kept: number;
  readonly failed: readonly FailedImage[];
  /** Images for which a file that Legible did not write is in the place of the output; `overwrite` decides. Absent: none. */
  readonly exists?: readonly PlannedImage[];
}

/** The work on each image of a plan. */
export interface ImageWork<Result extends ImageResult = ImageResult> {
  /** Everything that determines the output, apart from the content of the input and the output's format. A JSON value. */
  settingsOf(index: number): unknown;
  /** @returns the content of the output, which the caller writes. */
  run(
    image: PlannedImage & { readonly content: Buffer },
    index: number,
    context: WorkContext,
  ): Promise<{ readonly content: Uint8Array; readonly result: Result }>;
}

/** The context of the work on an image. */
interface WorkContext {
  readonly signal: AbortSignal;
  onProgress(share: number): void;
}

/**
 * Opens the store of a plan's output folder: the hidden file `.legible-jobs.jsonl`.
 * @returns undefined if the output is a single named file, beside which no store is kept.
 * @throws UserError when the file cannot be read.
 */
export const openOutputStore = async (plan: FilePlan): Promise<JobStore | undefined> => {
  const file = storeFileOf(plan);
  return file === undefined ? undefined : openLocalStore(file);
};

/** The file of the records; undefined if there are none. */
export const storeFileOf = ({ folder, toFile }: FilePlan): string | undefined =>
  toFile ? undefined : join(folder, ".legible-jobs.jsonl");

/**
 * Runs the work on each image of a plan, in order; results are written while the next images are computed. Images that fail are
 * listed; the others are still processed. Outputs whose record is valid are kept: the content of input and output, or their
 * size and times, are those of the record. A record is stored when the content of its output is on the disk, before it gets
 * its name.
 * @throws the signal's reason when it aborts; UserError when the output folder is full, is gone, or holds an output that
 * `overwrite` does not permit.
 */
export async function runImageJobs<Result extends ImageResult>(
  plan: FilePlan,
  work: ImageWork<Result>,
  options: BatchOptions,
): Promise<BatchSummary<Result>> {
  if (options.overwrite === "fail") await requireNoOutputs(plan);
  const collected = new Collected<Result>(options);
  const run = new ImageRun(plan, work, options, collected, await OutputFolder.open(plan.folder));
  await run.all();
  return collected.summary;
}

/** Bytes of an output that is written before the next image may need its memory. */
const LARGE = 2 ** 24;

/** Number of images whose state is looked up ahead. */
const AHEAD = 32;

class ImageRun<Result extends ImageResult> {
  private readonly states: ImageStates;
  private readonly ends = new OrderedEnds();
  private readonly slots = new WorkSlots();
  private readonly signal: AbortSignal;

  constructor(
    private readonly plan: FilePlan,
    private readonly work: ImageWork<Result>,
    private readonly options: BatchOptions,
    private readonly collected: Collected<Result>,
    private readonly folder: OutputFolder,
  ) {
    this.states = new ImageStates(plan, (index) => work.settingsOf(index), options.store, options.verify ?? false);
    this.signal = options.signal ?? new AbortController().signal;
  }

  async all(): Promise<void> {
    try {
      for await (const state of this.statesAhead()) {
        this.signal.throwIfAborted();
        await this.ends.add((turn) => this.image(state, turn));
      }
      await this.ends.all();
    } catch (error) {
      await this.ends.settled();
      throw this.signal.aborted ? this.signal.reason : error;
    }
    this.signal.throwIfAborted();
  }

  private async *statesAhead(): AsyncGenerator<ImageState> {
    const { images } = this.plan;
    for (let first = 0; first < images.length; first += AHEAD) {
      const group = images.slice(first, first + AHEAD);
      yield* await Promise.all(group.map((image, i) => this.states.of(image, first + i)));
    }
  }

  /** Brings an image to its end, which is reported in its turn. */
  private async image(state: ImageState, turn: Promise<void>): Promise<void> {
    let event = this.decided(state);
    try {
      event ??= await this.completed(state, turn);
    } catch (error) {
      await turn;
      this.folder.note(error);
      if (this.signal.aborted || this.folder.failure) throw this.folder.failure ?? error;
      event = { kind: "failed", ...state.image, reason: messageOf(error) };
    }
    await turn;
    if (event.kind !== "done") this.signal.throwIfAborted();
    this.collected.add(event);
    this.options.onEnd?.(event);
  }

  /** The end of an image that nothing is computed for; undefined: its input must be read. */
  private decided({ image, record, input, output, isComplete }: ImageState): ImageEvent | undefined {
    const { overwrite } = this.options;
    if (overwrite === "replace" || !output) return undefined;
    const kept = (): ImageEvent => ({ kind: "kept", ...image, ...(record?.result as Result), seconds: 0 });
    if (isComplete) return kept();
    if (overwrite === "newer") {
      const isNewer = input && BigInt(input.modified) > BigInt(output.modified);
      return isNewer ? undefined : record ? kept() : { kind: "exists", ...image };
    }
    return overwrite === "skip" && !record ? { kind: "exists", ...image } : undefined;
  }

  /** Reads an image, and computes and writes its output if that is not complete. */
  private async completed(state: ImageState, turn: Promise<void>): Promise<ImageEvent> {
    const { image } = state;
    requireShortName(image.output);
    const leave = await this.slots.enter(pixelsInHeader(image.input).then((pixels) => pixels ?? Infinity));
    try {
      this.signal.throwIfAborted();
      const start = performance.now();
      const input = await readInput(image.input);
      if (this.options.overwrite !== "replace" && (await this.states.isCompleteFor(input.sha256, state)))
        return await this.kept(state, input);
      const { content, result } = await this.computed(state, input, turn);
      if (content.length < LARGE) leave();
      await this.write(state, input, content, result, turn);
      return { kind: "done", ...image, ...result, seconds: (performance.now() - start) / 1000 };
    } finally {
      leave();
    }
  }

  private async computed({ image, index }: ImageState, { content }: ReadInput, turn: Promise<void>) {
    const progress = new TurnedProgress(turn, (share) => this.options.onProgress?.(index, share));
    const context = { signal: this.signal, onProgress: (share: number) => progress.update(share) };
    return this.work.run({ ...image, content }, index, context);
  }

  /** Keeps an output whose content is that of the record, and updates the stamps. */
  private async kept({ image, record, output }: ImageState, { sha256, stamp }: ReadInput): Promise<ImageEvent> {
    const { key, name, result, outputs } = record as JobRecord<Result>;
    const updated = outputs.map((each) => ({ ...each, ...(output && { stamp: outputText(output) }) }));
    if (stamp !== undefined)
      await this.options.store?.put({ name, key, outputs: updated, result, input: { sha256, stamp } }, false);
    return { kind: "kept", ...image, ...result, seconds: 0 };
  }

  /** Writes an output beside those of other images, and in its turn records it and gives it its name. */
  private async write(
    { image, index }: ImageState,
    { sha256, stamp }: ReadInput,
    content: Uint8Array,
    result: Result,
    turn: Promise<void>,
  ): Promise<void> {
    this.signal.throwIfAborted();
    await this.folder.requireUnchanged();
    await writeBytes(image.output, [content], async (temporary) => {
      const written = await stampOf(temporary);
      await turn;
      this.signal.throwIfAborted();
      const output = { path: image.output, sha256: sha256Of(content), stamp: written && outputText(written) };
      const [name, key] = [this.states.nameOf(image), this.states.keyFor(sha256, image, index)];
      const input = stamp === undefined ? undefined : { sha256, stamp };
      await this.options.store?.put({ name, key, outputs: [output], result, input }, false);
    });
  }
}

/** Shows the progress of an image from its turn on, so that one image at a time is shown. */
class TurnedProgress {
  private share = 0;
  private isShown = false;

  constructor(
    turn: Promise<void>,
    private readonly show: (share: number) => void,
  ) {
    turn.then(
      () => {
        this.isShown = true;
        show(0);
        if (this.share > 0) show(this.share);
      },
      () => {}, // the work fails, too
    );
  }

  update(share: number): void {
    this.share = share;
    if (this.isShown) this.show(share);
  }
}

/** The summary of the events so far. */
class Collected<Result extends ImageResult> {
  private readonly written: (PlannedImage & Result)[] = [];
  private readonly failed: FailedImage[] = [];
  private readonly exists: PlannedImage[] = [];
  private kept = 0;

  constructor(private readonly options: BatchOptions) {}

  add(event: ImageEvent): void {
    if (event.kind === "kept") this.kept++;
    if (this.options.collect === false) return;
    if (event.kind === "failed") this.failed.push({ input: event.input, reason: event.reason });
    else if (event.kind === "exists") this.exists.push({ input: event.input, output: event.output });
    else {
      const { kind: _, seconds: __, ...image } = event;
      this.written.push(image as WrittenImage as PlannedImage & Result);
    }
  }

  get summary(): BatchSummary<Result> {
    const { written, kept, failed, exists } = this;
    return { written, kept, failed, ...(exists.length > 0 && { exists }) };
  }
}
