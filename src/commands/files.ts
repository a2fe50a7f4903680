import type { Failure, Written } from "../enhancement/batch.js";
import type { Reporter } from "../reporter.js";
import type { Outcome } from "./command.js";

/** "1 image", "2 images" */
export const images = (count: number): string => `${count} ${count === 1 ? "image" : "images"}`;

/** Reports the end of an image where no progress bar shows it. */
export const reportEnd = (report: Reporter) => (result: Written | Failure) => {
  if (report.interactive) return;
  report.info(
    "reason" in result
      ? `skipped: ${result.reason}`
      : `${result.input} -> ${result.output} (${result.width}x${result.height})`,
  );
};

/** Lists the images that could not be processed. They make the command fail. */
export function reportFailures(failed: readonly Failure[], total: number, done: string, report: Reporter): Outcome {
  if (failed.length === 0) return "done";
  report.info(`${failed.length} of ${images(total)} could not be ${done}:`);
  for (const { reason } of failed) report.info(`  ${reason}`);
  return "failed";
}
