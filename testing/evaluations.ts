import type { Task } from "../src/data/task.js";
import type { Evaluation, EvaluationSetting } from "../src/evaluation/evaluation.js";
import { summarize } from "../src/evaluation/summarize.js";
import type { ClassScore } from "../src/metrics/ranking.js";

/** A row of a made-up evaluation: the same quality for each image, and by judge the rank of the true class in each. */
export interface MadeUpRow {
  readonly processor: string;
  readonly psnr: number;
  readonly ssim: number;
  readonly ranks: Readonly<Record<string, readonly number[]>>;
}

/** The evaluation of made-up measurements; the class of every image is 0. */
export function madeUpEvaluation(
  task: Task,
  rows: readonly MadeUpRow[],
  data: Partial<EvaluationSetting["data"]> = {},
): Evaluation {
  const judges = Object.keys(rows[0]?.ranks ?? {});
  const count = rows[0]?.ranks[judges[0] ?? ""]?.length ?? 0;
  const images = Array.from({ length: count }, (_, i) => ({
    file: `${i}.png`,
    label: 0,
    rows: rows.map(({ psnr, ssim, ranks }) => ({
      ...{ psnr, ssim },
      predictions: judges.map((judge) => ({ kind: "class", ranked: rankedAt(ranks[judge]?.[i] ?? 0) }) as const),
    })),
  }));
  const setting: EvaluationSetting = {
    ...{ task: task.name, options: task.options, scale: task.scale, protocol: "imagenet", crop_border: 0 },
    ...{ data: { folders: ["val"], count, skipped: [], ...data }, seed: 0 },
  };
  return summarize(setting, { processors: rows.map(({ processor }) => processor), judges, images });
}

/** A ranking of six of ten classes with class 0 at this rank; from 6 on without it. */
const rankedAt = (rank: number): ClassScore[] =>
  Array.from({ length: 6 }, (_, i) => ({ class: i === rank ? 0 : i + 1, score: -i }));
