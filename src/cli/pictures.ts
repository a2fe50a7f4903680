import type { FailedImage, ImageEvent } from "../enhancement/image-jobs.js";

/** "1 picture", "2 pictures" */
export const pictures = (count: number): string => `${count} ${count === 1 ? "picture" : "pictures"}`;

/** Away from a terminal, which has a bar instead: what became of a picture. */
export function logEnd(event: ImageEvent): void {
  if (process.stderr.isTTY) return;
  if (event.kind === "failed") console.error(`skipped: ${event.reason}`);
  else {
    const { kind, input, output, width, height } = event;
    console.error(`${input} -> ${output} (${width}x${height})${kind === "kept" ? ", complete already" : ""}`);
  }
}

/** How many results an earlier run left, if any. */
export const keptNote = (kept: number): string => (kept === 0 ? "" : ` (${kept} complete already)`);

/** Lists the pictures that were skipped, if any; they make the command exit with 1. */
export function reportFailures(failed: readonly FailedImage[], total: number, done: string): void {
  if (failed.length === 0) return;
  console.error(`${failed.length} of ${pictures(total)} could not be ${done}:`);
  for (const { reason } of failed) console.error(`  ${reason}`);
  process.exitCode = 1;
}
