import type { ImageEvent } from "../enhancement/image-jobs.js";
import { printable } from "../printable.js";

/** Number of files of each kind that are listed. */
export const LISTED = 20;

/** Files of one kind: all are counted, the first are listed. */
export class Listed {
  count = 0;
  private readonly first: string[] = [];

  add(line: string): void {
    if (this.count++ < LISTED) this.first.push(line);
  }

  /** The listed files, one a line, and the number of the others. */
  lines(): string[] {
    const more = this.count - this.first.length;
    return [...this.first.map((line) => `  ${printable(line)}`), ...(more > 0 ? [`  and ${more} more`] : [])];
  }
}

/** What became of the images of a batch, in memory that does not grow with their number. */
export class BatchTally {
  done = 0;
  kept = 0;
  readonly exists = new Listed();
  readonly failed = new Listed();
  /** Written with their own pixels, as a gate decides. */
  readonly skipped = new Listed();
  /** How many of the skipped images are also among `done` and among `kept`. */
  readonly skippedOf = { done: 0, kept: 0 };
  readonly flawed = new Listed();
  /** Processed in smaller tiles, because memory did not suffice for the wanted ones. */
  readonly reduced = new Listed();
  /** Whose color space could not be kept. */
  readonly converted = new Listed();
  droppedFrom = 0;
  readonly dropped = new Set<string>();

  /** The images with a result. */
  get written(): number {
    return this.done + this.kept;
  }

  /** The images that have ended. */
  get ended(): number {
    return this.written + this.exists.count + this.failed.count;
  }

  add(event: ImageEvent): void {
    if (event.kind === "failed") this.failed.add(event.reason);
    else if (event.kind === "exists") this.exists.add(event.output);
    else this.addWritten(event);
  }

  private addWritten(event: ImageEvent & { readonly kind: "done" | "kept" }): void {
    this[event.kind]++;
    const { input, skipped, flaw, tile, converted, droppedMetadata = [] } = event;
    if (skipped !== undefined) {
      this.skipped.add(`${input}: ${skipped}`);
      this.skippedOf[event.kind]++;
    }
    if (flaw !== undefined) this.flawed.add(`${input}: ${flaw}`);
    if (tile !== undefined) this.reduced.add(`${input}: tiles of ${tile} pixels`);
    if (converted !== undefined) this.converted.add(`${input}: ${converted}`);
    if (droppedMetadata.length > 0) this.droppedFrom++;
    for (const kind of droppedMetadata) this.dropped.add(kind);
  }
}

/** An image as an object for programs. */
export function entryOf(event: ImageEvent) {
  const { input, output, kind } = event;
  if (kind === "failed") return { input, output, status: kind, reason: event.reason };
  if (kind === "exists") return { input, output, status: kind, reason: "a file that Legible did not write" };
  const { width, height, seconds, skipped, flaw, tile, converted, droppedMetadata } = event;
  return {
    ...{ input, output, status: skipped === undefined ? kind : "skipped", width, height },
    seconds: Math.round(seconds * 1e4) / 1e4,
    ...(skipped !== undefined && { reason: skipped }),
    ...(flaw !== undefined && { flaw }),
    ...(tile !== undefined && { tile }),
    ...(converted !== undefined && { converted }),
    ...(droppedMetadata !== undefined && { droppedMetadata }),
  };
}

/** The numbers of a batch for programs: each image has one status, as in `entryOf`. */
export const numbersOf = ({ done, kept, exists, skipped, skippedOf, failed }: BatchTally) => ({
  ...{ done: done - skippedOf.done, kept: kept - skippedOf.kept },
  ...{ exists: exists.count, skipped: skipped.count, failed: failed.count },
});
