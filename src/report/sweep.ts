import type { Evaluation, Row } from "../evaluation/evaluation.js";
import { paretoFront } from "../evaluation/pareto.js";
import { markdownTable } from "../evaluation/table.js";
import { scatterPlot } from "./scatter.js";

/** A processor of a sweep, as it was judged. */
export interface SweepPoint {
  readonly lambda: number;
  readonly model: string;
  /** In dB. */
  readonly psnr: number;
  readonly ssim: number;
  /** Top-1 in percent by recognizer. */
  readonly top1: Readonly<Record<string, number>>;
  /** The recognizers for which no other λ gives as much of both PSNR and top-1 and more of one. */
  readonly paretoFor: readonly string[];
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
  const judged = swept.map((each) => ({ ...each, row: rows.find(({ processor }) => processor === each.name) as Row }));
  const psnrOf = ({ psnr }: Row) => psnr ?? Number.POSITIVE_INFINITY;
  const fronts = Object.keys(rows[0]?.recognizers ?? {}).map((name) => ({
    name,
    front: paretoFront(judged.map(({ row }) => [psnrOf(row), row.recognizers[name]?.top1 ?? 0])),
  }));
  return judged.map(({ lambda, model, row }, i) => ({
    lambda,
    model,
    psnr: psnrOf(row),
    ssim: row.ssim,
    top1: Object.fromEntries(Object.entries(row.recognizers).map(([name, { top1 }]) => [name, top1])),
    paretoFor: fronts.filter(({ front }) => front[i]).map(({ name }) => name),
  }));
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
  scatterPlot({
    title,
    x: "PSNR (dB)",
    y: "top-1 (%)",
    series: Object.keys(points[0]?.top1 ?? {}).map((name) => ({
      name,
      points: points.map(({ lambda, psnr, top1, paretoFor }) => ({
        x: psnr,
        y: top1[name] ?? 0,
        label: `λ ${lambda}`,
        onLine: paretoFor.includes(name),
      })),
    })),
  });
