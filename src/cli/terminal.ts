import { SingleBar } from "cli-progress";
import { printable, printableText } from "../printable.js";
import type { Progress, ProgressOptions, Reporter } from "../reporter.js";
import { fittingParts } from "./progress-line.js";
import { rateSinceFirst } from "./rate.js";

/** Number of progress lines if standard error is not a terminal. */
const LINES = 10;

/**
 * Reports on standard error: progress is a bar with the remaining time and the rate on a terminal, otherwise a line for every
 * tenth, or nothing without `lines`. Write lines of text only when no progress is shown.
 */
export const terminal: Reporter = {
  interactive: process.stderr.isTTY === true,
  info: (text) => console.error(printableText(text)),
  progress(total, label, { lines = true }: ProgressOptions = {}) {
    if (process.stderr.isTTY) return bar(total, label);
    return lines ? tenths(total, label) : { update() {}, stop() {} };
  },
};

function bar(total: number, label: string): Progress {
  const rateAt = rateSinceFirst(total);
  const columns = process.stderr.columns || 80; // some terminals report 0
  const barsize = columns < 100 ? 8 : 24;
  const room = columns - 1 - `${label} ${" ".repeat(barsize)} ${total}/${total}`.length;
  const single = new SingleBar({
    format: `${label} {bar} {count}/${total}{more}`,
    barCompleteChar: "━",
    barIncompleteChar: "─",
    barsize,
    linewrap: true,
    gracefulExit: false, // or the first Ctrl-C would only stop the bar
  });
  single.start(total, 0, { count: 0, more: "" });
  return {
    update(done, details = "") {
      const { rate, left } = rateAt(done);
      const more = fittingParts({ left, details: printable(details), rate }, room);
      single.update(done, { count: Math.floor(done), more });
    },
    stop: () => single.stop(),
  };
}

function tenths(total: number, label: string): Progress {
  const rateAt = rateSinceFirst(total);
  let shown = 0;
  return {
    update(done, details = "") {
      const { rate, left } = rateAt(done);
      const tenth = Math.floor((done * LINES) / total);
      if (tenth === shown) return;
      shown = tenth;
      const line = [`${label} ${Math.floor(done)}/${total}`, rate, left, details].filter(Boolean).join("  ");
      console.error(printable(line));
    },
    stop() {},
  };
}
