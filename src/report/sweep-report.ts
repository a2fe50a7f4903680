import type { Evaluation } from "../evaluation/evaluation.js";
import type { LinesPart, ReportDocument, ScatterPart, Section } from "./document.js";
import { figuresTable, gainsTable } from "./evaluation-parts.js";
import { dataTitle, type ReportedModel, settingSection, taskTitle } from "./setting-parts.js";
import type { SweepPoint } from "./sweep.js";

/** A sweep with what its report shows beside its figures. */
export interface SweptReport {
  readonly objective: string;
  readonly points: readonly SweepPoint[];
  readonly evaluation: Evaluation;
  readonly models: readonly ReportedModel[];
  /** See `trainingCurves`. */
  readonly training: readonly Section[];
  /** See `imageSections`. Default: none. */
  readonly images?: readonly Section[];
}

/** The report of a sweep: PSNR and accuracy over λ, the Pareto front, tables and the curves of the trainings. */
export function sweepReport({
  objective,
  points,
  evaluation,
  models,
  training,
  images = [],
}: SweptReport): ReportDocument {
  const lambdas = points.map(({ lambda }) => String(lambda));
  const judges = Object.keys(points[0]?.top1 ?? {});
  return {
    title: `Sweep of λ: ${taskTitle(evaluation)}, ${objective}`,
    summary:
      `${points.length} processors, one for each λ (${lambdas.join(", ")}), on ${dataTitle(evaluation)}, seed ${evaluation.seed}. ` +
      `Judges: ${judges.join(", ")}. Intervals are 95 %.`,
    highlights: judges.flatMap((judge) => bestFor(judge, points)),
    sections: [
      { title: "Over λ", parts: [accuracyOver(points, evaluation), psnrOver(points)] },
      { title: "Quality and accuracy", parts: [frontOf(points, evaluation)] },
      { title: "Results", parts: [figuresTable(evaluation), ...gainsTable(evaluation)] },
      ...images,
      ...training,
      settingSection(evaluation, models),
    ],
  };
}

/** The λ of the highest accuracy for a judge, the smallest one of equals. */
function bestFor(judge: string, points: readonly SweepPoint[]) {
  const best = points.toSorted((a, b) => (b.top1[judge] ?? 0) - (a.top1[judge] ?? 0))[0];
  if (!best) return [];
  return [
    {
      label: `Highest top-1 for ${judge}`,
      value: `λ ${best.lambda}`,
      detail: `${best.top1[judge]?.toFixed(1)} %, PSNR ${best.psnr.toFixed(2)} dB`,
    },
  ];
}

/** The accuracies with their intervals, by λ and judge. */
const intervalOf = ({ rows }: Evaluation, place: number, judge: string) =>
  rows[place + 1]?.recognizers[judge]?.top1_ci95;

const accuracyOver = (points: readonly SweepPoint[], evaluation: Evaluation): LinesPart => ({
  kind: "lines",
  caption: `Top-1 over λ, ${evaluation.data.count} images`,
  x: { title: "λ", scale: "points" },
  y: { title: "top-1 (%)" },
  series: Object.keys(points[0]?.top1 ?? {}).map((judge) => ({
    name: judge,
    points: points.map(({ lambda, top1 }, i) => {
      const interval = intervalOf(evaluation, i, judge);
      return { x: String(lambda), y: top1[judge] ?? 0, ...(interval && { interval }) };
    }),
  })),
  note: "Vertical lines: 95 % intervals (Wilson).",
});

const psnrOver = (points: readonly SweepPoint[]): LinesPart => ({
  kind: "lines",
  caption: "PSNR over λ",
  x: { title: "λ", scale: "points" },
  y: { title: "PSNR (dB)" },
  series: [{ name: "PSNR", points: points.map(({ lambda, psnr }) => ({ x: String(lambda), y: psnr })) }],
});

const frontOf = (points: readonly SweepPoint[], evaluation: Evaluation): ScatterPart => ({
  kind: "scatter",
  caption: `PSNR against top-1 of ${evaluation.data.count} images`,
  x: { title: "PSNR (dB)" },
  y: { title: "top-1 (%)" },
  series: Object.keys(points[0]?.top1 ?? {}).map((judge) => ({
    name: judge,
    points: points.map(({ lambda, psnr, top1, paretoFor }, i) => {
      const interval = intervalOf(evaluation, i, judge);
      return {
        ...{ x: psnr, y: top1[judge] ?? 0, label: `λ ${lambda}`, front: paretoFor.includes(judge) },
        ...(interval && { interval }),
      };
    }),
  })),
  note: "Dashed: the Pareto front, where no other λ is as good in both and better in one.",
});
