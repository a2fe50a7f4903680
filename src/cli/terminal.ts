import { SingleBar } from "cli-progress";
import { printable, printableText } from "../printable.js";
import type { Progress, ProgressOptions, Reporter } from "../reporter.js";
import { fittingParts } from "./progress-line.js";
import { rateSinceFirst, textOf } from "./rate.js";

/** Number of progress lines if standard error is not a terminal. */
const LINES = 10;

/**
 * Reports on standard error: progress is a bar with the remaining time and the rate on a terminal, otherwise a line for every
 * tenth or after some seconds, or nothing without `lines`. Write lines of text only when no progress is shown.
 */
export const terminal: Reporter = {
  interactive: process.stderr.isTTY === true,
  info: (text) => console.error(printableText(text)),
  progress(total, label, { lines = true, everySeconds }: ProgressOptions = {}) {
    if (process.stderr.isTTY) return bar(total, label);
    return lines ? logged(total, label, everySeconds) : { update() {}, stop() {} };
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
    update(done, details = "", pace) {
      const { rate, left } = pace ? textOf(pace) : rateAt(done);
      const more = fittingParts({ left, details: printable(details), rate }, room);
      single.update(done, { count: Math.floor(done), more });
    },
    stop: () => single.stop(),
  };
}

/** Lines of progress: one for every tenth, or one after some seconds. */
function logged(total: number, label: string, everySeconds: number | undefined): Progress {
  const rateAt = rateSinceFirst(total);
  const stepAt = (done: number): number =>
    everySeconds === undefined
      ? Math.floor((done * LINES) / total)
      : Math.floor((performance.now() - start) / (1000 * everySeconds));
  const start = performance.now();
  let shown = 0;
  return {
    update(done, details = "", pace) {
      const { rate, left } = pace ? textOf(pace) : rateAt(done);
      const step = stepAt(done);
      if (step === shown) return;
      shown = step;
      const line = [`${label} ${Math.floor(done)}/${total}`, rate, left, details].filter(Boolean).join("  ");
      console.error(printable(line));
    },
    stop() {},
  };
}
