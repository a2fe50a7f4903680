import { columnTitles, type JudgeColumn, judgeColumns, onlyTop1 } from "../evaluation/columns.js";
import type { DetectorGain, Evaluation, Gain, SegmenterGain } from "../evaluation/evaluation.js";
import { judgeNotes, powerNotes } from "../evaluation/notes.js";
import { dataMark, decibels, exactNotes, figureText, gainText, markdownTable } from "../evaluation/table.js";
import { MAX_PSNR } from "../metrics/psnr.js";
import { signed } from "../number-text.js";
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
  /** Percentage points of top-1 with their paired 95 % interval, by classifier. */
  readonly gains: Readonly<Record<string, Pick<Gain, "top1" | "ci95">>>;
  /** Of mAP, by detector; absent without detectors. */
  readonly detectorGains?: Readonly<Record<string, Pick<DetectorGain, "map11" | "ci95" | "detectable">>>;
  /** Of mIoU, by segmenter; absent without segmenters. */
  readonly segmenterGains?: Readonly<Record<string, Pick<SegmenterGain, "miou" | "ci95" | "detectable">>>;
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

/** The runs with their evaluations, in order. Evaluations of other images have the same rows. */
export function transferPoints(
  runs: readonly TransferRun[],
  evaluation: Evaluation,
  ...others: readonly Evaluation[]
): TransferPoint[] {
  const { rows } = evaluation;
  const psnrOf = (name: string) => rows.find(({ processor }) => processor === name)?.psnr ?? MAX_PSNR;
  const columns = [evaluation, ...others].flatMap(judgeColumns);
  const gainsIn = (measure: JudgeColumn["measure"], name: string) =>
    columns.flatMap(({ judge, gainOf, ...column }) => {
      const gain = column.measure === measure ? gainOf(name, PLAIN) : undefined;
      return gain ? [[judge, gain] as const] : [];
    });
  const byJudge = <T>(entries: readonly (readonly [string, T])[]) => Object.fromEntries(entries);
  return runs.map((run) => {
    const [boxes, maps] = [gainsIn("mAP", run.name), gainsIn("mIoU", run.name)];
    return {
      ...run,
      psnrChange: psnrOf(run.name) - psnrOf(PLAIN),
      gains: byJudge(
        gainsIn("top-1", run.name).map(([judge, { value, ci95 }]) => [
          judge,
          { top1: value, ci95 } as Pick<Gain, "top1" | "ci95">,
        ]),
      ),
      ...(boxes.length > 0 && {
        detectorGains: byJudge(boxes.map(([judge, { value, ...rest }]) => [judge, { map11: value, ...rest }])),
      }),
      ...(maps.length > 0 && {
        segmenterGains: byJudge(maps.map(([judge, { value, ...rest }]) => [judge, { miou: value, ...rest }])),
      }),
    };
  });
}

/** The data, counts, steps and seeds behind the tables, as Markdown. */
export function transferSetting(training: TransferTraining, ...evaluations: readonly Evaluation[]): string {
  const { task, options, scale, seed } = evaluations[0] as Evaluation;
  const settings = Object.entries(options)
    .filter(([name]) => name !== "scale")
    .map(([name, value]) => `${name} ${value}`);
  const start = training.init ? `from ${markdownText(training.init)}` : "from initial weights";
  const judged = evaluations.map(({ data }, place) => {
    const folders = markdownText(`${data.folders.join(", ")}${data.selection ? ` (${data.selection})` : ""}`);
    return `${data.count} images of ${folders}${evaluations.length > 1 ? ` ${dataMark(place)}` : ""}`;
  });
  return [
    `# Transfer of ${[`${task} ×${scale}`, ...settings].join(", ")}`,
    "",
    `Trained on ${training.count} images of ${markdownText(training.data)}: ${markdownText(training.processor)} ${start}, ${training.steps} steps of ${training.batch} ` +
      `crops of ${training.crop}, learning rate ${training.lr}, seed ${training.seed}. Judged on ${judged.join(" and ")}.`,
    "",
    `Intervals are 95 %: Wilson's for accuracies, a paired bootstrap (seed ${seed}) for gains. A star marks a source that is its own judge.`,
    ...evaluations.flatMap((evaluation) => judgeNotes(evaluation).flatMap((note) => ["", note])),
  ].join("\n");
}

/**
 * Markdown tables: the figures of all rows; then for each objective the gains over plain in percentage points, with sources
 * as rows and judges as columns. A star marks a source that is its own judge.
 */
export function transferTables(points: readonly TransferPoint[], ...evaluations: readonly Evaluation[]): string {
  const columns = evaluations.flatMap(judgeColumns);
  const titles = [...new Set(points.map(objectiveOf))];
  const figures = onlyTop1(columns) ? "top-1 (%, 95 %)" : "figure (%, 95 %)";
  return [
    [
      markdownTable(
        [figures, ...evaluations.map(psnrTitle), ...columnTitles(columns)],
        (evaluations[0]?.rows ?? []).map(({ processor }, row) => [
          processor,
          ...evaluations.map(({ rows }) => decibels(rows[row]?.psnr ?? null)),
          ...columns.map(({ figureOf }) => figureText(figureOf(processor))),
        ]),
      ),
      ...evaluations.flatMap(({ rows }) => exactNotes(rows)),
    ].join("\n"),
    ...titles.map((title) =>
      gainsOver(
        title,
        points.filter((point) => objectiveOf(point) === title),
        new Set(points.map(({ source }) => source)),
        evaluations,
      ),
    ),
  ].join("\n\n");
}

const psnrTitle = (_: Evaluation, place: number, { length }: readonly Evaluation[]): string =>
  length > 1 ? `PSNR (dB) ${dataMark(place)}` : "PSNR (dB)";

const objectiveOf = ({ objective, lambda }: TransferPoint): string => `${objective} (lambda ${lambda})`;

/** The table of one objective. */
function gainsOver(
  title: string,
  points: readonly TransferPoint[],
  ownJudges: ReadonlySet<string>,
  evaluations: readonly Evaluation[],
): string {
  const columns = evaluations.flatMap(judgeColumns);
  const pairs = points.map(({ name }) => ({ processor: name, over: PLAIN }));
  const changeIn = ({ rows }: Evaluation, name: string): string => {
    const psnrOf = (row: string) => rows.find(({ processor }) => processor === row)?.psnr ?? MAX_PSNR;
    return signed(psnrOf(name) - psnrOf(PLAIN), 2);
  };
  const table = markdownTable(
    [`${title}: gain over plain`, ...evaluations.map(psnrTitle), ...columnTitles(columns)],
    points.map(({ name, source }) => [
      source,
      ...evaluations.map((evaluation) => changeIn(evaluation, name)),
      ...columns.map(({ judge, gainOf }) => {
        const text = gainText(gainOf(name, PLAIN));
        const star = judge === source ? " *" : ownJudges.has(judge) ? "  " : "";
        return text ? `${text}${star}` : "";
      }),
    ]),
  );
  return [table, ...powerNotes(pairs, columns)].join("\n\n");
}
