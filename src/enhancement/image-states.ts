import { extname, relative, sep } from "node:path";
import { UserError } from "../errors.js";
import { type JobRecord, type JobStore, keyOf, sha256Of } from "../jobs/job.js";
import { readImageFile } from "../platform/node/codec.js";
import { sha256OfFile } from "../platform/node/models.js";
import { isSettled, type Stamp, stampOf } from "../platform/node/stamp.js";
import type { FilePlan, PlannedImage } from "./plan.js";

/**
 * What happens to outputs that exist. `skip`: those that are complete are kept, those that are not are computed again, and
 * files that Legible did not write are left alone. `replace`: every output is computed. `newer`: an output is computed if its
 * input was modified after it. `fail`: no output may exist.
 */
export const overwriteModes = ["skip", "replace", "newer", "fail"] as const;
/** What happens to outputs that exist. */
export type OverwriteMode = (typeof overwriteModes)[number];

/** What is known of an image before its input is read. */
export interface ImageState {
  readonly index: number;
  readonly image: PlannedImage;
  /** The record of the output. */
  readonly record: JobRecord | undefined;
  readonly output: Stamp | undefined;
  /** Undefined if neither a record nor an output makes it needed. */
  readonly input: Stamp | undefined;
  /** Whether stamps prove that the output is complete. */
  readonly isComplete: boolean;
}

/** Finds out what is complete, by the records of a store. */
export class ImageStates {
  /**
   * @param settingsOf everything that determines the output of an image, apart from the content of its input and its format.
   * @param verify whether contents are read although stamps are unchanged.
   */
  constructor(
    private readonly plan: FilePlan,
    private readonly settingsOf: (index: number) => unknown,
    private readonly store: JobStore | undefined,
    private readonly verify: boolean,
  ) {}

  /** The path of an output relative to the output folder, with "/". */
  nameOf({ output }: PlannedImage): string {
    return relative(this.plan.folder, output).replaceAll(sep, "/");
  }

  /** The key of an output for an input with this content. */
  keyFor(content: string | null, { output }: PlannedImage, index: number): string {
    return keyOf({ content, format: extname(output).toLowerCase(), settings: this.settingsOf(index) });
  }

  async of(image: PlannedImage, index: number): Promise<ImageState> {
    const [record, output] = await Promise.all([this.store?.get(this.nameOf(image)), stampOf(image.output)]);
    const input = output ? await stampOf(image.input) : undefined;
    const isComplete =
      !this.verify &&
      isUnchanged(record, input, output) &&
      record?.key === this.keyFor(record?.input?.sha256 ?? null, image, index);
    return { index, image, record, output, input, isComplete };
  }

  /** Whether an output is what an input of that content gives, by the content of the output. */
  async isCompleteFor(content: string, { image, index, record, output }: ImageState): Promise<boolean> {
    if (!output || record?.key !== this.keyFor(content, image, index)) return false;
    return (await sha256OfFile(image.output).catch(() => null)) === record.outputs[0]?.sha256;
  }
}

const isUnchanged = (record: JobRecord | undefined, input: Stamp | undefined, output: Stamp | undefined): boolean =>
  input !== undefined &&
  output !== undefined &&
  record?.input?.stamp === inputText(input) &&
  record.outputs[0]?.stamp === outputText(output);

/** The stamp of an input in records. The time of the last change of status shows contents that were changed back in time. */
export const inputText = ({ size, modified, changed }: Stamp): string => `${size} ${modified} ${changed}`;

/** The stamp of an output in records; it is known before the file is renamed, which changes its status. */
export const outputText = ({ size, modified }: Stamp): string => `${size} ${modified}`;

/** The content of an input. */
export interface ReadInput {
  readonly content: Buffer;
  readonly sha256: string;
  /** The stamp for the record; undefined while the file is too new to be recognized by it. */
  readonly stamp: string | undefined;
}

/** @throws UserError when an input cannot be read, or changes meanwhile. */
export async function readInput(path: string): Promise<ReadInput> {
  const [before, time] = [await stampOf(path), Date.now()];
  const content = await readImageFile(path);
  const after = await stampOf(path);
  if (before && after && inputText(before) !== inputText(after))
    throw new UserError(`cannot read ${path}: it was changed while it was read; rerun the command to process it`);
  return {
    content,
    sha256: sha256Of(content),
    stamp: before && isSettled(before, time) ? inputText(before) : undefined,
  };
}
