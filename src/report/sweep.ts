import type { Evaluation, Row } from "../evaluation/evaluation.js";
import { markdownTable } from "../evaluation/table.js";
import { type Tradeoff, tradeoffPlot, tradeoffs } from "./tradeoff.js";

/** The evaluation of one processor of a sweep; the Pareto fronts are those of the sweep. */
export interface SweepPoint extends Tradeoff {
  readonly lambda: number;
  readonly model: string;
}

/** One processor of a sweep. */
export interface Swept {
  readonly lambda: number;
  /** The name of its row in the evaluation. */
  readonly name: string;
  readonly model: string;
}

/** The processors of a sweep with their evaluation, in order. */
export function sweepPoints(swept: readonly Swept[], { rows }: Evaluation): SweepPoint[] {
  const judged = tradeoffs(swept.map(({ name }) => rows.find(({ processor }) => processor === name) as Row));
  return judged.map((tradeoff, i) => {
    const { lambda, model } = swept[i] as Swept;
    return { lambda, model, ...tradeoff };
  });
}

/** A Markdown table with a row for each λ and top-1 in percent by judge. A star marks the judge's Pareto front of PSNR and top-1. */
export function sweepTable(points: readonly SweepPoint[]): string {
  const recognizers = Object.keys(points[0]?.top1 ?? {});
  return markdownTable(
    ["lambda", "PSNR (dB)", "SSIM", ...recognizers],
    points.map(({ lambda, psnr, ssim, top1, paretoFor }) => [
      String(lambda),
      psnr.toFixed(2),
      ssim.toFixed(4),
      ...recognizers.map((name) => `${top1[name]?.toFixed(1)}${paretoFor.includes(name) ? " *" : "  "}`),
    ]),
  );
}

/** PSNR against top-1, with a line along the Pareto front of each judge, as SVG text. */
export const sweepPlot = (title: string, points: readonly SweepPoint[]): string =>
  tradeoffPlot(
    title,
    points.map((point) => ({ ...point, label: `λ ${point.lambda}` })),
  );
