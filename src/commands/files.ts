import type { BatchSummary, ImageEvent } from "../enhancement/image-jobs.js";
import { openOutputStore } from "../enhancement/image-jobs.js";
import type { FilePlan } from "../enhancement/plan.js";
import type { JobStore } from "../jobs/job.js";
import type { Context, Outcome } from "./command.js";

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

/** Runs a batch of files with its store and a progress bar. */
export async function runBatch(
  label: string,
  plan: FilePlan,
  { report, signal }: Context,
  work: (context: BatchContext) => Promise<BatchSummary>,
): Promise<BatchSummary> {
  const bar = report.progress(plan.images.length, label, { lines: false });
  const store = await openOutputStore(plan);
  let ended = 0;
  return work({
    store,
    signal,
    onProgress(index, share) {
      const percent = share === undefined ? "" : ` ${Math.round(share * 100)} %`;
      bar.update(ended, `${plan.images[index]?.input}${percent}`);
    },
    onEnd(event) {
      bar.update(++ended);
      if (!report.interactive) report.info(endLine(event));
    },
  }).finally(() => {
    bar.stop();
    return store?.close();
  });
}

function endLine(event: ImageEvent): string {
  if (event.kind === "failed") return `skipped: ${event.reason}`;
  const { kind, input, output, width, height } = event;
  return `${input} -> ${output} (${width}x${height})${kind === "kept" ? ", complete already" : ""}`;
}

/** Lists the images whose file is flawed, and says how many lost metadata. */
export function reportRemarks({ written }: BatchSummary, { report }: Context): void {
  const flawed = written.filter(({ flaw }) => flaw !== undefined);
  if (flawed.length > 0) report.info(`${images(flawed.length)} decoded in spite of a flaw:`);
  for (const { input, flaw } of flawed) report.info(`  ${input}: ${flaw}`);
  const dropped = written.filter(({ droppedMetadata }) => droppedMetadata !== undefined);
  const kinds = [...new Set(dropped.flatMap(({ droppedMetadata = [] }) => droppedMetadata))];
  if (dropped.length > 0)
    report.info(`metadata (${kinds.join(", ")}) not kept in the results of ${images(dropped.length)}`);
}

/** Lists the images that could not be processed. They make the command fail. */
export function reportFailures({ failed }: BatchSummary, total: number, done: string, { report }: Context): Outcome {
  if (failed.length === 0) return "done";
  report.info(`${failed.length} of ${images(total)} could not be ${done}:`);
  for (const { reason } of failed) report.info(`  ${reason}`);
  return "failed";
}
