import type { Row } from "../evaluation/evaluation.js";
import { paretoFront } from "../evaluation/pareto.js";
import { scatterPlot } from "./scatter.js";

/** What a processor costs people and gives machines. */
export interface Tradeoff {
  /** In dB. */
  readonly psnr: number;
  readonly ssim: number;
  /** Top-1 in percent by recognizer. */
  readonly top1: Readonly<Record<string, number>>;
  /** The recognizers for which no other row has as much of both PSNR and top-1 and more of one. */
  readonly paretoFor: readonly string[];
}

/** The same rows of an evaluation, weighed against each other. */
export function tradeoffs(rows: readonly Row[]): Tradeoff[] {
  const psnrOf = ({ psnr }: Row) => psnr ?? Number.POSITIVE_INFINITY;
  const fronts = Object.keys(rows[0]?.recognizers ?? {}).map((name) => ({
    name,
    front: paretoFront(rows.map((row) => [psnrOf(row), row.recognizers[name]?.top1 ?? 0])),
  }));
  return rows.map((row, i) => ({
    psnr: psnrOf(row),
    ssim: row.ssim,
    top1: Object.fromEntries(Object.entries(row.recognizers).map(([name, { top1 }]) => [name, top1])),
    paretoFor: fronts.filter(({ front }) => front[i]).map(({ name }) => name),
  }));
}

/** PSNR against top-1, a line along the Pareto front of each recognizer, as SVG text. */
export const tradeoffPlot = (title: string, points: readonly (Tradeoff & { readonly label: string })[]): string =>
  scatterPlot({
    title,
    x: "PSNR (dB)",
    y: "top-1 (%)",
    series: Object.keys(points[0]?.top1 ?? {}).map((name) => ({
      name,
      points: points.map(({ label, psnr, top1, paretoFor }) => ({
        x: psnr,
        y: top1[name] ?? 0,
        label,
        onLine: paretoFor.includes(name),
      })),
    })),
  });
