import type { Evaluation, Gain, Row } from "../evaluation/evaluation.js";
import { decibels, exactNotes, gainText, markdownTable } from "../evaluation/table.js";
import { MAX_PSNR } from "../metrics/psnr.js";
import { markdownText } from "../printable.js";

/** Name of the row that gains refer to: the processor trained with the image loss only. */
export const PLAIN = "plain";

/** A processor trained with the loss of one source recognizer. */
export interface TransferRun {
  /** The name of its row in the evaluation. */
  readonly name: string;
  /** The name of the source and the path of its file. */
  readonly source: string;
  readonly sourceFile: string;
  readonly objective: string;
  readonly lambda: number;
  readonly model: string;
}

/** A run with its gains over plain. */
export interface TransferPoint extends TransferRun {
  /** In dB. */
  readonly psnrChange: number;
  /** Percentage points of top-1 with their paired 95 % interval, by judge. */
  readonly gains: Readonly<Record<string, Pick<Gain, "top1" | "ci95">>>;
}

/** The settings that all processors of a transfer matrix share. */
export interface TransferTraining {
  /** A description of the training images, and their number. */
  readonly data: string;
  readonly count: number;
  readonly processor: string;
  readonly init: string | null;
  readonly steps: number;
  readonly batch: number;
  readonly crop: number;
  readonly lr: number;
  readonly seed: number;
}

/** The runs with their evaluation, in order. */
export function transferPoints(runs: readonly TransferRun[], { rows, gains }: Evaluation): TransferPoint[] {
  const psnrOf = (name: string) => rows.find(({ processor }) => processor === name)?.psnr ?? MAX_PSNR;
  return runs.map((run) => ({
    ...run,
    psnrChange: psnrOf(run.name) - psnrOf(PLAIN),
    gains: Object.fromEntries(
      gains
        .filter(({ processor, over }) => processor === run.name && over === PLAIN)
        .map(({ recognizer, top1, ci95 }) => [recognizer, { top1, ci95 }]),
    ),
  }));
}

/** The data, counts, steps and seeds behind the tables, as Markdown. */
export function transferSetting(training: TransferTraining, { task, options, scale, data, seed }: Evaluation): string {
  const settings = Object.entries(options)
    .filter(([name]) => name !== "scale")
    .map(([name, value]) => `${name} ${value}`);
  const start = training.init ? `from ${markdownText(training.init)}` : "from initial weights";
  const judged = markdownText(`${data.folders.join(", ")}${data.selection ? ` (${data.selection})` : ""}`);
  return [
    `# Transfer of ${[`${task} ×${scale}`, ...settings].join(", ")}`,
    "",
    `Trained on ${training.count} images of ${markdownText(training.data)}: ${markdownText(training.processor)} ${start}, ${training.steps} steps of ${training.batch} ` +
      `crops of ${training.crop}, learning rate ${training.lr}, seed ${training.seed}. Judged on ${data.count} images of ${judged}.`,
    "",
    `Intervals are 95 %: Wilson's for accuracies, a paired bootstrap (seed ${seed}) for gains. A star marks a source that is its own judge.`,
  ].join("\n");
}

/**
 * Markdown tables: the accuracies of the reference rows (none, plain, clean); then for each objective the gains over plain
 * in percentage points, with sources as rows and judges as columns. A star marks a source that is its own judge.
 */
export function transferTables(points: readonly TransferPoint[], { rows }: Evaluation): string {
  const judges = Object.keys(rows[0]?.recognizers ?? {});
  const before = rows.filter(({ processor }) => ["none", PLAIN, "clean"].includes(processor));
  const titleOf = ({ objective, lambda }: TransferPoint) => `${objective} (lambda ${lambda})`;
  const titles = [...new Set(points.map(titleOf))];
  const ownJudges = new Set(points.map(({ source }) => source));
  return [
    [
      markdownTable(["top-1 (%, 95 %)", "PSNR (dB)", ...judges], before.map(accuracies(judges))),
      ...exactNotes(rows),
    ].join("\n"),
    ...titles.map((title) =>
      markdownTable(
        [`${title}: gain over plain`, "PSNR (dB)", ...judges],
        points.filter((point) => titleOf(point) === title).map(gainsOf(judges, ownJudges)),
      ),
    ),
  ].join("\n\n");
}

const accuracies =
  (judges: readonly string[]) =>
  ({ processor, psnr, recognizers }: Row): string[] => [
    processor,
    decibels(psnr),
    ...judges.map((judge) => {
      const { top1, top1_ci95: interval } = recognizers[judge] ?? { top1: Number.NaN, top1_ci95: [] };
      return `${top1.toFixed(1)} [${interval.map((bound) => bound.toFixed(1)).join(", ")}]`;
    }),
  ];

const gainsOf =
  (judges: readonly string[], ownJudges: ReadonlySet<string>) =>
  ({ source, psnrChange, gains }: TransferPoint): string[] => [
    source,
    `${psnrChange > 0 ? "+" : ""}${psnrChange.toFixed(2)}`,
    ...judges.map((judge) => {
      const gain = gains[judge];
      const star = judge === source ? " *" : ownJudges.has(judge) ? "  " : "";
      return gain ? `${gainText(gain)}${star}` : "";
    }),
  ];
