import { basename } from "node:path";
import type { BatchSummary, ImageEvent } from "../enhancement/image-jobs.js";
import { openOutputStore } from "../enhancement/image-jobs.js";
import type { FilePlan } from "../enhancement/plan.js";
import type { JobStore } from "../jobs/job.js";
import { leftOutLines } from "../platform/node/image-files.js";
import { printable } from "../printable.js";
import type { Context } from "./command.js";

/** The help of the output of `enhance` and `degrade`. */
export const outputHelp =
  "folder of the results; for a single image also a file name. A folder whose name has an image's extension needs a / at its end";

/** "1 image", "2 images" */
export const images = (count: number): string => `${count} ${count === 1 ? "image" : "images"}`;

/** The number of results that were already complete, if any. */
export const keptNote = (kept: number): string => (kept === 0 ? "" : ` (${kept} complete already)`);

/** The options of a batch of files. */
interface BatchContext {
  readonly store?: JobStore | undefined;
  readonly signal: AbortSignal;
  /** @param share the completed share of the image, 0 to 1. */
  onProgress(index: number, share?: number): void;
  onEnd(event: ImageEvent): void;
}

/**
 * Runs a batch of files with its store and a progress bar.
 * @returns undefined if it was interrupted, which is reported.
 */
export async function runBatch<Summary extends BatchSummary>(
  label: string,
  plan: FilePlan,
  { report, signal }: Context,
  work: (context: BatchContext) => Promise<Summary>,
): Promise<Summary | undefined> {
  const bar = report.progress(plan.images.length, label, { lines: false });
  const store = await openOutputStore(plan);
  let ended = 0;
  const running = work({
    store,
    signal,
    onProgress(index, share) {
      const percent = share === undefined ? "" : ` ${Math.round(share * 100)} %`;
      bar.update(ended + (share ?? 0), `${basename(plan.images[index]?.input ?? "")}${percent}`);
    },
    onEnd(event) {
      bar.update(++ended);
      if (!report.interactive) report.info(endLine(event));
    },
  }).finally(() => {
    bar.stop();
    return store?.close();
  });
  return running.catch((error) => {
    if (!signal.aborted) throw error;
    report.info(interruptedAfter(ended, plan.images.length, store ? RESUMED : "nothing was written"));
    return undefined;
  });
}

/** What follows an interruption if complete results are kept. */
export const RESUMED = "rerun the command to resume";

/** "interrupted after 3 of 10 images; rerun the command to resume" */
export const interruptedAfter = (done: number, total: number, then: string): string =>
  `interrupted after ${done} of ${images(total)}; ${then}`;

function endLine(event: ImageEvent): string {
  if (event.kind === "failed") return printable(`skipped: ${event.reason}`);
  const { kind, input, output, width, height } = event;
  return printable(`${input} -> ${output} (${width}x${height})${kind === "kept" ? ", complete already" : ""}`);
}

/** Tells which files in the inputs are not processed, and why. */
export function reportLeftOut({ leftOut }: FilePlan, { report }: Context): void {
  for (const line of leftOutLines(leftOut)) report.info(line);
}

/** Lists the images that a gate skipped, and why. */
export function reportSkipped({ written }: BatchSummary, gate: string | undefined, { report }: Context): void {
  if (gate === undefined) return;
  const skipped = written.filter((image) => image.skipped !== undefined);
  report.info(`${skipped.length} of ${images(written.length)} not processed, as ${gate} decides`);
  for (const { input, skipped: reason } of skipped) report.info(printable(`  ${input}: ${reason}`));
}

/** Lists the images whose file is flawed, and says how many lost metadata. */
export function reportRemarks({ written }: BatchSummary, { report }: Context): void {
  const flawed = written.filter(({ flaw }) => flaw !== undefined);
  if (flawed.length > 0) report.info(`${images(flawed.length)} decoded in spite of a flaw:`);
  for (const { input, flaw } of flawed) report.info(printable(`  ${input}: ${flaw}`));
  const dropped = written.filter(({ droppedMetadata }) => droppedMetadata !== undefined);
  const kinds = [...new Set(dropped.flatMap(({ droppedMetadata = [] }) => droppedMetadata))];
  if (dropped.length > 0)
    report.info(`metadata (${kinds.join(", ")}) not kept in the results of ${images(dropped.length)}`);
}

/** Reports how many images could not be processed, and which, unless a log already lists them. */
export function reportFailures({ failed }: BatchSummary, total: number, done: string, { report }: Context): void {
  if (failed.length === 0) return;
  report.info(`${failed.length} of ${images(total)} could not be ${done}${report.interactive ? ":" : ""}`);
  if (report.interactive) for (const { reason } of failed) report.info(`  ${printable(reason)}`);
}
