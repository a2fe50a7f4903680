import type { Failure, Written } from "../enhancement/batch.js";

/** "1 picture", "2 pictures" */
export const pictures = (count: number): string => `${count} ${count === 1 ? "picture" : "pictures"}`;

/** Away from a terminal, which has a bar instead: what became of a picture. */
export function logEnd(result: Written | Failure): void {
  if (process.stderr.isTTY) return;
  const line =
    "reason" in result
      ? `skipped: ${result.reason}`
      : `${result.input} -> ${result.output} (${result.width}x${result.height})`;
  console.error(line);
}

/** Lists the pictures that were skipped, if any; they make the command exit with 1. */
export function reportFailures(failed: readonly Failure[], total: number, done: string): void {
  if (failed.length === 0) return;
  console.error(`${failed.length} of ${pictures(total)} could not be ${done}:`);
  for (const { reason } of failed) console.error(`  ${reason}`);
  process.exitCode = 1;
}
