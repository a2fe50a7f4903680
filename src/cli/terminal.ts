import { SingleBar } from "cli-progress";
import { printable, printableText } from "../printable.js";
import type { Progress, ProgressOptions, Reporter } from "../reporter.js";

/** Number of progress lines if standard error is not a terminal. */
const LINES = 10;

/**
 * Reports on standard error: progress is a bar with rate and remaining time on a terminal, otherwise a line for every
 * tenth, or nothing without `lines`. Write lines of text only when no progress is shown.
 */
export const terminal: Reporter = {
  interactive: process.stderr.isTTY === true,
  info: (text) => console.error(printableText(text)),
  progress(total, label, { lines = true }: ProgressOptions = {}) {
    const rate = rateSinceFirst();
    if (process.stderr.isTTY) return bar(total, label, rate);
    return lines ? tenths(total, label, rate) : { update() {}, stop() {} };
  },
};

function bar(total: number, label: string, rate: (done: number) => string): Progress {
  const single = new SingleBar({
    format: `${label} {bar} {value}/{total}  {rate}/s  {eta_formatted} left  {details}`,
    barCompleteChar: "━",
    barIncompleteChar: "─",
    barsize: 24,
    etaBuffer: 50,
    linewrap: true,
    gracefulExit: false, // or the first Ctrl-C would only stop the bar
  });
  single.start(total, 0, { rate: "-", details: "" });
  return {
    update: (done, details = "") => single.update(done, { rate: rate(done), details: printable(details) }),
    stop: () => single.stop(),
  };
}

function tenths(total: number, label: string, rate: (done: number) => string): Progress {
  let shown = 0;
  return {
    update(done, details = "") {
      const perSecond = rate(done);
      const tenth = Math.floor((done * LINES) / total);
      if (tenth === shown) return;
      shown = tenth;
      console.error(printable(`${label} ${done}/${total}  ${perSecond}/s  ${details}`.trimEnd()));
    },
    stop() {},
  };
}

/** The rate in units per second since the first update, because a resumed operation starts with what is complete. */
function rateSinceFirst(): (done: number) => string {
  let first: { readonly done: number; readonly time: number } | undefined;
  return (done) => {
    const time = performance.now();
    first ??= { done, time };
    if (done === first.done) return "-";
    const perSecond = ((done - first.done) * 1000) / Math.max(1, time - first.time);
    return perSecond >= 10 ? perSecond.toFixed(0) : perSecond.toPrecision(2);
  };
}
