import { type Annotation, classAnnotation } from "../data/annotation.js";
import { top1, top5 } from "../metrics/accuracy.js";
import { pairedBootstrap } from "../metrics/bootstrap.js";
import { mcnemar } from "../metrics/mcnemar.js";
import type { Metric } from "../metrics/metric.js";
import { meanPsnr } from "../metrics/psnr.js";
import type { Prediction } from "../recognition/judge.js";
import type { Accuracy, Evaluation, EvaluationSetting, Flips, Gain, Row } from "./evaluation.js";
import type { MeasuredImage, MeasuredRow } from "./measured-image.js";

/** What is summarized: the names of rows and judges, in the order of the measurements. */
export interface Measurements {
  /** "none", the processors, "clean". */
  readonly processors: readonly string[];
  readonly judges: readonly string[];
  readonly images: readonly MeasuredImage[];
}

/** Means, accuracies, gains and flips with their intervals, from the measurements of single images. */
export function summarize(setting: EvaluationSetting, { processors, judges, images }: Measurements): Evaluation {
  const rows = processors.map((processor, i) => scoredRow(processor, judges, images, i));
  const pairs = rows.slice(1, -1).flatMap((row, i) => rows.slice(0, i + 1).map((over) => [row, over] as const));
  return {
    ...setting,
    rows: rows.map(summarizeRow),
    gains: pairs.flatMap(([row, over]) => gainsOver(row, over, setting.seed)),
    flips: pairs.flatMap(([row, over]) => flipsOver(row, over)),
  };
}

/** The scores of the images as one processor restored them. */
interface ScoredRow {
  readonly processor: string;
  readonly measured: readonly MeasuredRow[];
  /** By judge. */
  readonly top1: ReadonlyMap<string, readonly number[]>;
  readonly top5: ReadonlyMap<string, readonly number[]>;
}

function scoredRow(
  processor: string,
  judges: readonly string[],
  images: readonly MeasuredImage[],
  place: number,
): ScoredRow {
  const measured = images.map(({ rows }) => rows[place] as MeasuredRow);
  const annotations = images.map(({ label }) => classAnnotation(label));
  const byJudge = (metric: Metric<Prediction, Annotation>) =>
    new Map(
      judges.map((name, judge) => {
        const predictions = measured.map((row) => row.predictions[judge] as Prediction);
        return [name, metric.scores(predictions, annotations)];
      }),
    );
  return { processor, measured, top1: byJudge(top1), top5: byJudge(top5) };
}

function summarizeRow(row: ScoredRow): Row {
  const { measured } = row;
  const luma = measured[0]?.psnr_y !== undefined;
  const exact = measured.filter(({ psnr }) => psnr === Number.POSITIVE_INFINITY).length;
  return {
    processor: row.processor,
    psnr: meanPsnr(measured.map(({ psnr }) => psnr)),
    ...(exact > 0 && exact < measured.length && { exact }),
    ssim: mean(measured.map(({ ssim }) => ssim)),
    ...(luma && {
      psnr_y: meanPsnr(measured.map(({ psnr_y }) => psnr_y as number)),
      ssim_y: mean(measured.map(({ ssim_y }) => ssim_y as number)),
    }),
    recognizers: Object.fromEntries([...row.top1].map(([judge, hits]) => [judge, accuracyOf(row, judge, hits)])),
  };
}

function accuracyOf(row: ScoredRow, judge: string, hits: readonly number[]): Accuracy {
  const { low, high } = top1.figure(hits);
  return { top1: percent(hits), top5: percent(row.top5.get(judge) ?? []), top1_ci95: [100 * low, 100 * high] };
}

const gainsOver = (row: ScoredRow, over: ScoredRow, seed: number): Gain[] =>
  [...row.top1].map(([recognizer, hits]) => {
    const { difference, low, high } = pairedBootstrap(hits, over.top1.get(recognizer) ?? [], seed);
    const ci95 = [100 * low, 100 * high] as const;
    return { processor: row.processor, over: over.processor, recognizer, top1: 100 * difference, ci95 };
  });

const flipsOver = (row: ScoredRow, over: ScoredRow): Flips[] =>
  [...row.top1].map(([recognizer, hits]) => {
    const before = over.top1.get(recognizer) ?? [];
    const harmful = hits.filter((hit, i) => hit < (before[i] as number)).length;
    const helpful = hits.filter((hit, i) => hit > (before[i] as number)).length;
    const p = mcnemar(harmful, helpful);
    return { processor: row.processor, over: over.processor, recognizer, harmful, helpful, p };
  });

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const percent = (values: readonly number[]): number => (100 * sum(values)) / values.length;
const mean = (values: readonly number[]): number => sum(values) / values.length;
