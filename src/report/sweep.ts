import type { Evaluation, Row } from "../evaluation/evaluation.js";
import { markdownTable } from "../evaluation/table.js";
import { type Tradeoff, tradeoffPlot, tradeoffs } from "./tradeoff.js";

/** A processor of a sweep, as it was judged; Pareto fronts are among those of the sweep. */
export interface SweepPoint extends Tradeoff {
  readonly lambda: number;
  readonly model: string;
}

/** One processor of a sweep. */
export interface Swept {
  readonly lambda: number;
  /** Its row's name in the evaluation. */
  readonly name: string;
  readonly model: string;
}

/** What an evaluation found of the processors of a sweep, in their order. */
export function sweepPoints(swept: readonly Swept[], { rows }: Evaluation): SweepPoint[] {
  const judged = tradeoffs(swept.map(({ name }) => rows.find(({ processor }) => processor === name) as Row));
  return judged.map((tradeoff, i) => {
    const { lambda, model } = swept[i] as Swept;
    return { lambda, model, ...tradeoff };
  });
}

/** λ down, recognizers across (top-1 in percent), as Markdown; a star marks the Pareto front of PSNR and that recognizer. */
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

/** PSNR against top-1, a line along the Pareto front of each recognizer, as SVG text. */
export const sweepPlot = (title: string, points: readonly SweepPoint[]): string =>
  tradeoffPlot(
    title,
    points.map((point) => ({ ...point, label: `λ ${point.lambda}` })),
  );
