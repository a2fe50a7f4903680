import type { Task } from "../data/task.js";
import { pairedBootstrap, wilson } from "../metrics/bootstrap.js";
import type { Accuracy, Evaluation, Gain, Row, Skipped } from "./evaluation.js";

/** What was measured of one row; all arrays have an element for each image, in the same order in every row. */
export interface Measured {
  processor: string;
  /** In dB. */
  psnr: number[];
  ssim: number[];
  /** For each recognizer, how many classes it put before the true one. */
  ranks: Map<string, number[]>;
}

interface Findings {
  task: Task;
  folders: readonly string[];
  /** What was taken of them, in words, when it is not everything. */
  selection?: string | undefined;
  skipped: readonly Skipped[];
  seed: number;
  /** "none", the processors, "clean". */
  rows: readonly Measured[];
}

/** Means, accuracies and gains, each with its interval, from measurements image by image. */
export const summarize = ({ task, folders, selection, skipped, seed, rows }: Findings): Evaluation => ({
  task: task.name,
  options: task.options,
  scale: task.scale,
  data: { folders, ...(selection && { selection }), count: rows[0]?.psnr.length ?? 0, skipped },
  seed,
  rows: rows.map(summarizeRow),
  gains: rows.slice(1, -1).flatMap((row, i) => rows.slice(0, i + 1).flatMap((over) => gainsOver(row, over, seed))),
});

function summarizeRow({ processor, psnr, ssim, ranks }: Measured): Row {
  const decibels = mean(psnr);
  return {
    processor,
    psnr: Number.isFinite(decibels) ? decibels : null,
    ssim: mean(ssim),
    recognizers: Object.fromEntries([...ranks].map(([name, each]) => [name, accuracyOf(each)])),
  };
}

function accuracyOf(ranks: readonly number[]): Accuracy {
  const first = hits(ranks, 1);
  const [low, high] = wilson(sum(first), ranks.length);
  return { top1: percent(first), top5: percent(hits(ranks, 5)), top1_ci95: [100 * low, 100 * high] };
}

const gainsOver = (row: Measured, over: Measured, seed: number): Gain[] =>
  [...row.ranks].map(([recognizer, ranks]) => {
    const { difference, low, high } = pairedBootstrap(hits(ranks, 1), hits(over.ranks.get(recognizer) ?? [], 1), seed);
    const top1 = 100 * difference;
    return { processor: row.processor, over: over.processor, recognizer, top1, ci95: [100 * low, 100 * high] };
  });

/** 1 for each image whose true class is among the first `k`, else 0. */
const hits = (ranks: readonly number[], k: number): number[] => ranks.map((rank) => (rank < k ? 1 : 0));

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const percent = (values: readonly number[]): number => (100 * sum(values)) / values.length;
const mean = (values: readonly number[]): number => sum(values) / values.length;
