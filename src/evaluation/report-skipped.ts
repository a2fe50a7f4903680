import { printable } from "../printable.js";
import type { Reporter } from "../reporter.js";
import type { Evaluation } from "./evaluation.js";

/** Reports how many images were left out, and how many were decoded in spite of a flaw, with the first of each. */
export function reportSkipped({ data: { skipped, flawed = [] } }: Evaluation, report: Reporter): void {
  const list = (what: string, [first, ...rest]: typeof skipped) => {
    if (!first) return;
    const were = rest.length === 0 ? "1 image was" : `${1 + rest.length} images were`;
    report.info(printable(`${were} ${what}; the first: ${first.file}: ${first.reason}`));
  };
  list("left out", skipped);
  list("decoded in spite of a flaw", flawed);
}
