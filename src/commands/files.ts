import { basename } from "node:path";
import type { BatchOptions, BatchSummary, ImageEvent } from "../enhancement/image-jobs.js";
import { openOutputStore, storeFileOf } from "../enhancement/image-jobs.js";
import type { OverwriteMode } from "../enhancement/image-states.js";
import type { FilePlan } from "../enhancement/plan.js";
import { WorkPace } from "../enhancement/work-pace.js";
import { UserError } from "../errors.js";
import { leftOutLines } from "../platform/node/image-files.js";
import { printable } from "../printable.js";
import type { Progress } from "../reporter.js";
import { named } from "../settings.js";
import { BatchTally, entryOf, LISTED, numbersOf } from "./batch-tally.js";
import type { Context } from "./command.js";
import { ReportFile } from "./report-file.js";

/** The help of the output of `enhance` and `degrade`. */
export const outputHelp =
  "folder of the results; for a single image also a file name. A folder whose name has an image's extension needs a / at its end";

/** "1 image", "2 images" */
export const images = (count: number): string => `${count} ${count === 1 ? "image" : "images"}`;

/** The number of results that were already complete, if any. */
export const keptNote = (kept: number): string => (kept === 0 ? "" : ` (${kept} complete already)`);

/** How a batch is run and reported. */
export interface BatchRunSettings {
  readonly overwrite?: OverwriteMode;
  readonly verify?: boolean;
  readonly report?: string | undefined;
  /** Files that are read beside the images. */
  readonly read?: readonly string[];
  readonly jsonLines?: boolean;
  readonly verbose?: boolean;
  /** Whether the summary lists all images. */
  readonly collect?: boolean;
  /** The scale of the results. Default: 1. */
  readonly scale?: number;
  /** What the summary for programs states beside numbers. */
  readonly about?: object;
}

/** The most images of a batch that have a line each if there is no terminal. */
const MOST_LINES = 200;
/** Seconds between lines of progress if there is no terminal and no line for each image. */
const SECONDS_BETWEEN_LINES = 10;

/**
 * Runs a batch of files with its store, a progress bar or lines, and reports of each image for programs.
 * @returns undefined if it was interrupted, which is reported.
 */
export async function runBatch<Summary extends BatchSummary>(
  label: string,
  plan: FilePlan,
  context: Context,
  work: (options: BatchOptions) => Promise<Summary>,
  settings: BatchRunSettings = {},
): Promise<{ readonly summary: Summary; readonly tally: BatchTally } | undefined> {
  const { report, signal } = context;
  const { overwrite, verify, collect, about } = settings;
  const file =
    settings.report === undefined
      ? undefined
      : await ReportFile.open(
          settings.report,
          [...plan.images.map(({ input }) => input), ...(settings.read ?? [])],
          [...plan.images.map(({ output }) => output), storeFileOf(plan) ?? []].flat(),
        );
  const entry = (value: object): void => {
    file?.add(value);
    if (settings.jsonLines) context.print(JSON.stringify(value));
  };
  const store = await openOutputStore(plan).catch((error) => {
    file?.discard();
    throw error;
  });
  const start = performance.now();
  const watched = new WatchedBatch(label, plan, context, settings, entry);
  const end = (interrupted: boolean): void => {
    const seconds = Math.round(performance.now() - start) / 1000;
    const numbers = { images: plan.images.length, ...numbersOf(watched.tally), leftOut: plan.leftOut.length };
    entry({ summary: { ...about, ...numbers, seconds, interrupted } });
    file?.complete();
  };
  try {
    const options = { store, signal, overwrite, verify, collect, ...watched.callbacks };
    const summary = await work(options).finally(() => {
      watched.stop();
      return store?.close();
    });
    end(false);
    return { summary, tally: watched.tally };
  } catch (error) {
    if (!signal.aborted) {
      file?.discard();
      throw error;
    }
    end(true);
    report.info(interruptedAfter(watched.tally.ended, plan.images.length, store ? RESUMED : "nothing was written"));
    return undefined;
  }
}

/** Shows a batch while it runs. */
class WatchedBatch {
  readonly tally = new BatchTally();
  private readonly bar: Progress;
  private readonly pace: WorkPace;
  private readonly isLogged: boolean;

  constructor(
    label: string,
    private readonly plan: FilePlan,
    private readonly context: Context,
    { verbose = false, jsonLines = false, scale = 1 }: BatchRunSettings,
    private readonly entry: (value: object) => void,
  ) {
    const total = plan.images.length;
    const { report } = context;
    this.isLogged = !report.interactive && !jsonLines && (verbose || total <= MOST_LINES);
    this.pace = new WorkPace(plan, scale);
    const lines = !this.isLogged && total > MOST_LINES;
    this.bar = report.progress(total, label, { lines, everySeconds: SECONDS_BETWEEN_LINES });
  }

  stop(): void {
    this.bar.stop();
  }

  readonly callbacks: Pick<BatchOptions, "onProgress" | "onEnd"> = {
    onProgress: (index, share) => {
      if (share === 0) this.pace.start();
      const percent = share === 0 || share === 1 ? "" : ` ${Math.round(share * 100)} %`;
      this.show(share % 1, `${basename(this.plan.images[index]?.input ?? "")}${percent}`);
    },
    onEnd: (event) => {
      this.tally.add(event);
      if (event.kind === "done") this.pace.done(event);
      else this.pace.passed();
      this.entry(entryOf(event));
      this.show(0, "");
      this.log(event);
    },
  };

  private show(share: number, image: string): void {
    const { ended, failed } = this.tally;
    const failures = failed.count === 0 ? "" : `${failed.count} failed`;
    this.bar.update(ended + share, [failures, image].filter(Boolean).join("  "), this.pace.after(ended));
  }

  private log(event: ImageEvent): void {
    const { report } = this.context;
    const isListed = !report.interactive && event.kind === "failed" && this.tally.failed.count <= LISTED;
    if (this.isLogged || isListed) report.info(endLine(event));
  }
}

/** What follows an interruption if complete results are kept. */
export const RESUMED = "rerun the command to resume";

/** "interrupted after 3 of 10 images; rerun the command to resume" */
export const interruptedAfter = (done: number, total: number, then: string): string =>
  `interrupted after ${done} of ${images(total)}; ${then}`;

function endLine(event: ImageEvent): string {
  if (event.kind === "failed") return printable(`skipped: ${event.reason}`);
  if (event.kind === "exists") return printable(`left alone: ${event.output} exists`);
  const { kind, input, output, width, height } = event;
  return printable(`${input} -> ${output} (${width}x${height})${kind === "kept" ? ", complete already" : ""}`);
}

/** Tells which files in the inputs are not processed, and why. */
export function reportLeftOut({ leftOut }: FilePlan, { report }: Context): void {
  for (const line of leftOutLines(leftOut)) report.info(line);
}

/** Lists the images that a gate skipped, and why. */
export function reportSkipped({ skipped, written }: BatchTally, gate: string | undefined, { report }: Context): void {
  if (gate === undefined) return;
  report.info(`${skipped.count} of ${images(written)} not processed, as ${gate} decides`);
  for (const line of skipped.lines()) report.info(line);
}

/** Lists the images whose file is flawed or whose colors were converted, and states how many lost metadata. */
export function reportRemarks(tally: BatchTally, { report }: Context): void {
  const { flawed, reduced, converted, dropped, droppedFrom } = tally;
  if (flawed.count > 0) report.info(`${images(flawed.count)} decoded in spite of a flaw:`);
  for (const line of flawed.lines()) report.info(line);
  if (reduced.count > 0) report.info(`${images(reduced.count)} processed in smaller tiles, for lack of memory:`);
  for (const line of reduced.lines()) report.info(line);
  if (converted.count > 0) report.info(`${images(converted.count)} converted to another color space:`);
  for (const line of converted.lines()) report.info(line);
  if (droppedFrom > 0)
    report.info(`metadata (${[...dropped].join(", ")}) not kept in the results of ${images(droppedFrom)}`);
}

/** Reports how many images could not be processed, and which, unless a log already lists them. */
export function reportFailures(
  { failed, exists }: BatchTally,
  total: number,
  done: string,
  { report }: Context,
  settings: BatchRunSettings = {},
): void {
  if (exists.count > 0) {
    report.info(`${exists.count} of ${images(total)} left alone, because files exist that Legible has no record of:`);
    for (const line of exists.lines()) report.info(line);
    report.info(`  ${named("overwrite")} replace overwrites them`);
  }
  if (failed.count === 0) return;
  report.info(`${failed.count} of ${images(total)} could not be ${done}${report.interactive ? ":" : ""}`);
  if (report.interactive) for (const line of failed.lines()) report.info(line);
  if (failed.count > LISTED)
    report.info(
      settings.report === undefined
        ? `  ${named("report")} FILE lists all of them`
        : printable(`  ${settings.report} lists all of them`),
    );
}

/** @throws UserError when images and other results would both be printed. */
export function requireOneOutput({ json, jsonLines }: { readonly json: boolean; readonly jsonLines: boolean }): void {
  if (json && jsonLines) throw new UserError(`${named("json")} and ${named("jsonLines")} cannot both be set`);
}
