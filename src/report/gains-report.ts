import type { MeasurePrediction } from "../analysis/pair-measures.js";
import { columnsOf, figureOf } from "./columns.js";
import type { ReportDocument, ScatterPart, Section, TablePart } from "./document.js";

/** How well measures predict gains, with a plot for each measure that has points. */
export function gainSection(predictions: readonly MeasurePrediction[]): Section[] {
  if (predictions.length === 0) return [];
  return [
    { title: "Prediction of transfer gains", parts: [gainsTable(predictions), ...predictions.flatMap(gainScatter)] },
  ];
}

function gainsTable(predictions: readonly MeasurePrediction[]): TablePart {
  const column = columnsOf(predictions);
  return {
    kind: "table",
    caption: "Rank correlation of measures with gains",
    columns: [
      column.text("measure", ({ measure }) => measure),
      column.text("gains", ({ table }) => table),
      {
        ...column.figure("Spearman", "correlation", ({ spearman: value, ci95 }) => figureOf({ value, ci95 }), 2),
        ...{ reference: 0, signed: true },
      },
      column.number("pairs", ({ pairs }) => pairs),
      column.number("unknown", ({ unknown }) => unknown),
      column.number("error of a line", (row) => row.leave_one_target_out, 2),
      column.number("error of the mean", (row) => row.mean_error, 2),
    ],
    note: "Errors are mean absolute errors in points of top-1 when the pairs of one target are predicted from those of the others.",
  };
}

function gainScatter({ measure, table, points }: MeasurePrediction): ScatterPart[] {
  if (points.length === 0) return [];
  const sources = [...new Set(points.map(({ source }) => source))];
  return [
    {
      kind: "scatter",
      caption: `${measure} against gain (${table})`,
      x: { title: measure },
      y: { title: "gain over plain (points)" },
      series: sources.map((source) => ({
        name: source,
        points: points
          .filter((point) => point.source === source)
          .map(({ measure: x, gain: y, target: label }) => ({ x, y, label })),
      })),
    },
  ];
}

/** The report of gains that are predicted from measures of an earlier run. */
export const gainsReport = (predictions: readonly MeasurePrediction[], seed: number): ReportDocument => ({
  title: "Prediction of transfer gains",
  summary: `${new Set(predictions.map(({ table }) => table)).size} tables of gains, ${new Set(predictions.map(({ measure }) => measure)).size} measures, seed ${seed}. Intervals are 95 %.`,
  highlights: [],
  sections: gainSection(predictions),
});
