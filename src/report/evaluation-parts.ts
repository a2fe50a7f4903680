import { columnTitles, judgeColumns, meanColumns } from "../evaluation/columns.js";
import type { Evaluation, Row } from "../evaluation/evaluation.js";
import type { SurvivingFigure } from "../evaluation/robustness.js";
import { comparedPairs } from "../evaluation/table.js";
import { columnsOf, figureOf } from "./columns.js";
import type { Column, Figure, ScatterPart, TablePart } from "./document.js";
import { tradeoffs } from "./tradeoff.js";

/** "ra over plain" */
const pairOf = ({ processor, over }: { readonly processor: string; readonly over: string }): string =>
  `${processor} over ${over}`;

/** Image quality and the figure of each judge, by row. */
export function figuresTable(evaluation: Evaluation): TablePart {
  const { rows, data } = evaluation;
  const judges = judgeColumns(evaluation);
  const titles = columnTitles(judges);
  const column = columnsOf(rows);
  const decibels = (title: string, of: (row: Row) => number | null): Column => ({
    ...column.number(title, of, 2),
    none: "∞",
  });
  const luma = rows.some(({ ssim_y }) => ssim_y !== undefined);
  const lattice = rows.some((row) => row.lattice !== undefined);
  return {
    kind: "table",
    caption: `Image quality and recognition of ${data.count} images`,
    columns: [
      column.text("processor", ({ processor }) => processor),
      decibels("PSNR (dB)", ({ psnr }) => psnr),
      column.number("SSIM", ({ ssim }) => ssim, 4),
      ...(luma
        ? [
            decibels("PSNR-Y (dB)", ({ psnr_y = null }) => psnr_y),
            column.number("SSIM-Y", ({ ssim_y = null }) => ssim_y, 4),
          ]
        : []),
      ...judges.map((judge, i) =>
        column.figure(`${titles[i]} (%)`, "%", ({ processor }) => figureOf(judge.figureOf(processor))),
      ),
      ...(lattice
        ? [
            column.number("lattice 1/4", (row) => row.lattice?.quarter ?? null, 1),
            column.number("lattice 1/2", (row) => row.lattice?.half ?? null, 1),
          ]
        : []),
    ],
  };
}

/** The gain of each processor over each row before it, for each judge. */
export function gainsTable(evaluation: Evaluation): TablePart[] {
  const judges = [...judgeColumns(evaluation), ...meanColumns(evaluation)];
  const pairs = comparedPairs(evaluation.rows.map(({ processor }) => processor));
  if (judges.length === 0 || pairs.length === 0) return [];
  const titles = columnTitles(judges);
  const column = columnsOf(pairs);
  return [
    {
      kind: "table",
      caption: "Gains in percentage points",
      columns: [
        column.text("pair", pairOf),
        ...judges.map(({ gainOf }, i) =>
          column.points(titles[i] ?? "", ({ processor, over }) => figureOf(gainOf(processor, over))),
        ),
      ],
      note: `95 % intervals of a paired bootstrap over images, seed ${evaluation.seed}. Green and red: the interval excludes 0.`,
    },
  ];
}

/** The flips of each pair and classifier. */
export function flipsTable({ flips }: Evaluation): TablePart[] {
  if (flips.length === 0) return [];
  const column = columnsOf(flips);
  return [
    {
      kind: "table",
      caption: "Flips of top-1",
      columns: [
        column.text("pair", pairOf),
        column.text("judge", ({ recognizer }) => recognizer),
        column.number("harmful", ({ harmful }) => harmful),
        column.number("helpful", ({ helpful }) => helpful),
        { ...column.number("McNemar's p", ({ p }) => p, 3), least: 0.001 },
      ],
      note: "Harmful: right with the second of the pair, wrong with the first. Helpful: the reverse.",
    },
  ];
}

/** PSNR against top-1 of each row but "clean", with the Pareto front of each classifier. */
export function paretoPart({ rows, data }: Evaluation): ScatterPart[] {
  const shown = rows.slice(0, -1);
  const judges = Object.keys(rows[0]?.recognizers ?? {});
  if (judges.length === 0 || shown.length === 0) return [];
  const points = tradeoffs(shown);
  return [
    {
      kind: "scatter",
      caption: `PSNR against top-1 of ${data.count} images`,
      x: { title: "PSNR (dB)" },
      y: { title: "top-1 (%)" },
      series: judges.map((judge) => ({
        name: judge,
        points: points.map(({ psnr, top1, paretoFor }, i) => {
          const { processor = "", recognizers = {} } = shown[i] ?? {};
          const interval = recognizers[judge]?.top1_ci95;
          return {
            ...{ x: psnr, y: top1[judge] ?? 0, label: processor, front: paretoFor.includes(judge) },
            ...(interval && { interval }),
          };
        }),
      })),
      note: "Dashed: the Pareto front, where no other row is as good in both and better in one. Vertical lines: 95 % intervals (Wilson).",
    },
  ];
}

/** What is left of figures and gains after handlings. */
export function survivalParts(evaluation: Evaluation): TablePart[] {
  const { survival, rows } = evaluation;
  if (!survival) return [];
  const judges = judgeColumns(evaluation).filter(
    ({ judge }, i, all) => all.findIndex((other) => other.judge === judge) === i,
  );
  const titles = columnTitles(judges);
  const after = survival.handlings.flatMap(({ after, rows: handled }) => handled.map((row) => ({ after, ...row })));
  const names = rows.map(({ processor }) => processor);
  const gains = survival.handlings.flatMap(({ after: handling, gains: all }) =>
    all
      .filter(({ over }) => over === (names[2] && names.length > 3 ? names[1] : names[0]))
      .map((gain) => ({ after: handling, ...gain })),
  );
  const percentLeft = (figure: SurvivingFigure | undefined): Figure =>
    figureOf(figure && { value: figure.left, ci95: figure.left_ci95 });
  const figures = columnsOf(after);
  const column = columnsOf(gains);
  const pairColumns = [column.text("after", (gain) => gain.after), column.text("pair", pairOf)];
  return [
    {
      kind: "table",
      caption: "Figures after handlings (%)",
      columns: [
        figures.text("after", (row) => row.after),
        figures.text("processor", ({ processor }) => processor),
        ...judges.map(({ judge }, i) => figures.number(titles[i] ?? "", (row) => row.judges[judge] ?? null, 1)),
      ],
    },
    {
      kind: "table",
      caption: "Gains after handlings (percentage points)",
      columns: [
        ...pairColumns,
        ...judges.map(({ judge }, i) =>
          column.points(titles[i] ?? "", (gain) => {
            const { points = null, ci95 = null } = gain.judges[judge] ?? {};
            return figureOf({ value: points, ci95 });
          }),
        ),
      ],
    },
    {
      kind: "table",
      caption: "What is left of the gains (%)",
      columns: [
        ...pairColumns,
        ...judges.map(({ judge }, i) => ({
          ...column.figure(titles[i] ?? "", "%", (gain) => percentLeft(gain.judges[judge]), 0),
          reference: 0,
        })),
      ],
      note: "–: the interval of the gain without handling includes 0.",
    },
  ];
}

/** The gates and their risks. */
export function gateParts({ gates = [], gate_risks: risks = [] }: Evaluation): TablePart[] {
  if (risks.length === 0) return [];
  const column = columnsOf(risks);
  const limitOf = (processor: string): number | null => {
    const alpha = gates.find(({ name }) => name === processor)?.alpha;
    return alpha === undefined ? null : 100 * alpha;
  };
  return [
    {
      kind: "table",
      caption: "Gates",
      columns: [
        column.text("gate", ({ processor }) => processor),
        column.number("processed (%)", ({ processed }) => processed, 1),
        column.figure("harm to the processed (%)", "%", ({ risk, risk_ci95 }) =>
          figureOf({ value: risk, ci95: risk_ci95 }),
        ),
        column.number("limit (%)", ({ processor }) => limitOf(processor), 1),
        column.number("without the gate (%)", ({ risk_without }) => risk_without, 1),
        column.number("harm to all (%)", ({ risk_of_all }) => risk_of_all, 1),
      ],
    },
  ];
}
