import type { Row } from "../evaluation/evaluation.js";
import { paretoFront } from "../evaluation/pareto.js";
import { MAX_PSNR } from "../metrics/psnr.js";
import { scatterPlot } from "./scatter.js";

/** Image quality and recognition accuracy of a processor. */
export interface Tradeoff {
  /** In dB; 60 where all images equal the clean ones. */
  readonly psnr: number;
  readonly ssim: number;
  /** Top-1 in percent by judge. */
  readonly top1: Readonly<Record<string, number>>;
  /** The judges whose Pareto front of PSNR and top-1 contains the row. */
  readonly paretoFor: readonly string[];
}

/** The tradeoffs of rows of an evaluation; the Pareto fronts are those of these rows. */
export function tradeoffs(rows: readonly Row[]): Tradeoff[] {
  const psnrOf = ({ psnr }: Row) => psnr ?? MAX_PSNR;
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

/** PSNR against top-1, with a line along the Pareto front of each judge, as SVG text. */
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
