import { SingleBar } from "cli-progress";

export interface Progress {
  /** `done` of the total is reached; `details` is what else is worth knowing right now, such as the loss. */
  update(done: number, details?: string): void;
  stop(): void;
}

/** Without a terminal a line is written each time another tenth is done. */
const LINES = 10;

/**
 * Shows how far a long job is, on standard error: a bar with rate and time left on a terminal, elsewhere a line for every
 * tenth, or nothing when `lines` is false. Lines of text may be written between two updates after `stop` only.
 *
 * @example
 * const bar = progress(images.length, "evaluating");
 * for (const [i, image] of images.entries()) { await work(image); bar.update(i + 1, "21.3 dB"); }
 * bar.stop();
 */
export function progress(total: number, label: string, { lines = true }: { lines?: boolean } = {}): Progress {
  const rate = rateSince(performance.now());
  if (process.stderr.isTTY) return bar(total, label, rate);
  return lines ? tenths(total, label, rate) : { update() {}, stop() {} };
}

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
    update: (done, details = "") => single.update(done, { rate: rate(done), details }),
    stop: () => single.stop(),
  };
}

function tenths(total: number, label: string, rate: (done: number) => string): Progress {
  let shown = 0;
  return {
    update(done, details = "") {
      const tenth = Math.floor((done * LINES) / total);
      if (tenth === shown) return;
      shown = tenth;
      console.error(`${label} ${done}/${total}  ${rate(done)}/s  ${details}`.trimEnd());
    },
    stop() {},
  };
}

/** Units a second since the start, with two digits or more. */
const rateSince = (start: number) => (done: number) => {
  const perSecond = (done * 1000) / Math.max(1, performance.now() - start);
  return perSecond >= 10 ? perSecond.toFixed(0) : perSecond.toPrecision(2);
};
