import { columnTitles, type JudgeFigure, judgeColumns, meanColumns } from "../evaluation/columns.js";
import type { Evaluation } from "../evaluation/evaluation.js";
import type { SurvivingFigure } from "../evaluation/robustness.js";
import { comparedPairs } from "../evaluation/table.js";
import type { Column, Figure, FigureColumn, NumberColumn, ScatterPart, TablePart, TextColumn } from "./document.js";
import { tradeoffs } from "./tradeoff.js";

/** A figure of a judge as one of the page. */
export const figureOf = (figure: JudgeFigure | undefined): Figure =>
  figure?.value == null ? null : figure.ci95 ? [figure.value, ...figure.ci95] : [figure.value];

export const textColumn = (title: string, values: readonly string[]): TextColumn => ({ kind: "text", title, values });

/** Gains in points, from which 0 is told apart. */
export const pointsColumn = (title: string, values: readonly Figure[]): FigureColumn => ({
  ...{ kind: "figure", title, values, digits: 1, signed: true, unit: "points", reference: 0 },
});

const percentColumn = (title: string, values: readonly Figure[]): FigureColumn => ({
  ...{ kind: "figure", title, values, digits: 1, unit: "%" },
});

const numberColumn = (title: string, values: readonly (number | null)[], digits: number): NumberColumn => ({
  ...{ kind: "number", title, values, digits },
});

/** Image quality and the figure of each judge, by row. */
export function figuresTable(evaluation: Evaluation): TablePart {
  const { rows, data } = evaluation;
  const judges = judgeColumns(evaluation);
  const titles = columnTitles(judges);
  const decibels = (title: string, values: readonly (number | null)[]): Column => ({
    ...numberColumn(title, values, 2),
    none: "∞",
  });
  const luma = rows.some(({ ssim_y }) => ssim_y !== undefined);
  const lattice = rows.some((row) => row.lattice !== undefined);
  return {
    kind: "table",
    caption: `Image quality and recognition of ${data.count} images`,
    columns: [
      textColumn(
        "processor",
        rows.map(({ processor }) => processor),
      ),
      decibels(
        "PSNR (dB)",
        rows.map(({ psnr }) => psnr),
      ),
      numberColumn(
        "SSIM",
        rows.map(({ ssim }) => ssim),
        4,
      ),
      ...(luma
        ? [
            decibels(
              "PSNR-Y (dB)",
              rows.map(({ psnr_y = null }) => psnr_y),
            ),
            numberColumn(
              "SSIM-Y",
              rows.map(({ ssim_y = null }) => ssim_y),
              4,
            ),
          ]
        : []),
      ...judges.map((judge, i) =>
        percentColumn(
          `${titles[i]} (%)`,
          rows.map(({ processor }) => figureOf(judge.figureOf(processor))),
        ),
      ),
      ...(lattice
        ? [
            numberColumn(
              "lattice 1/4",
              rows.map((row) => row.lattice?.quarter ?? null),
              1,
            ),
            numberColumn(
              "lattice 1/2",
              rows.map((row) => row.lattice?.half ?? null),
              1,
            ),
          ]
        : []),
    ],
  };
}

/** The gain of each processor over each row before it, for each judge. */
export function gainsTable(evaluation: Evaluation): TablePart[] {
  const columns = [...judgeColumns(evaluation), ...meanColumns(evaluation)];
  const pairs = comparedPairs(evaluation.rows.map(({ processor }) => processor));
  if (columns.length === 0 || pairs.length === 0) return [];
  const titles = columnTitles(columns);
  return [
    {
      kind: "table",
      caption: "Gains in percentage points",
      columns: [
        textColumn(
          "pair",
          pairs.map(({ processor, over }) => `${processor} over ${over}`),
        ),
        ...columns.map(({ gainOf }, i) =>
          pointsColumn(
            titles[i] ?? "",
            pairs.map(({ processor, over }) => figureOf(gainOf(processor, over))),
          ),
        ),
      ],
      note: `95 % intervals of a paired bootstrap over images, seed ${evaluation.seed}. Green and red: the interval excludes 0.`,
    },
  ];
}

/** The flips of each pair and classifier. */
export function flipsTable({ flips }: Evaluation): TablePart[] {
  if (flips.length === 0) return [];
  return [
    {
      kind: "table",
      caption: "Flips of top-1",
      columns: [
        textColumn(
          "pair",
          flips.map(({ processor, over }) => `${processor} over ${over}`),
        ),
        textColumn(
          "judge",
          flips.map(({ recognizer }) => recognizer),
        ),
        numberColumn(
          "harmful",
          flips.map(({ harmful }) => harmful),
          0,
        ),
        numberColumn(
          "helpful",
          flips.map(({ helpful }) => helpful),
          0,
        ),
        {
          ...numberColumn(
            "McNemar's p",
            flips.map(({ p }) => p),
            3,
          ),
          least: 0.001,
        },
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
    figure?.left == null ? null : figure.left_ci95 ? [figure.left, ...figure.left_ci95] : [figure.left];
  const pairColumns = [
    textColumn(
      "after",
      gains.map((gain) => gain.after),
    ),
    textColumn(
      "pair",
      gains.map(({ processor, over }) => `${processor} over ${over}`),
    ),
  ];
  return [
    {
      kind: "table",
      caption: "Figures after handlings (%)",
      columns: [
        textColumn(
          "after",
          after.map((row) => row.after),
        ),
        textColumn(
          "processor",
          after.map(({ processor }) => processor),
        ),
        ...judges.map(({ judge }, i) =>
          numberColumn(
            titles[i] ?? "",
            after.map((row) => row.judges[judge] ?? null),
            1,
          ),
        ),
      ],
    },
    {
      kind: "table",
      caption: "Gains after handlings (percentage points)",
      columns: [
        ...pairColumns,
        ...judges.map(({ judge }, i) =>
          pointsColumn(
            titles[i] ?? "",
            gains.map((gain) => {
              const { points = null, ci95 = null } = gain.judges[judge] ?? {};
              return figureOf({ value: points, ci95 });
            }),
          ),
        ),
      ],
    },
    {
      kind: "table",
      caption: "What is left of the gains (%)",
      columns: [
        ...pairColumns,
        ...judges.map(
          ({ judge }, i): FigureColumn => ({
            ...percentColumn(
              titles[i] ?? "",
              gains.map((gain) => percentLeft(gain.judges[judge])),
            ),
            ...{ digits: 0, reference: 0 },
          }),
        ),
      ],
      note: "–: the interval of the gain without handling includes 0.",
    },
  ];
}

/** The gates and their risks. */
export function gateParts({ gates = [], gate_risks: risks = [] }: Evaluation): TablePart[] {
  if (risks.length === 0) return [];
  const limits = risks.map(({ processor }) => gates.find(({ name }) => name === processor)?.alpha ?? null);
  return [
    {
      kind: "table",
      caption: "Gates",
      columns: [
        textColumn(
          "gate",
          risks.map(({ processor }) => processor),
        ),
        numberColumn(
          "processed (%)",
          risks.map(({ processed }) => processed),
          1,
        ),
        percentColumn(
          "harm to the processed (%)",
          risks.map(({ risk, risk_ci95 }) => figureOf({ value: risk, ci95: risk_ci95 })),
        ),
        numberColumn(
          "limit (%)",
          limits.map((alpha) => (alpha === null ? null : 100 * alpha)),
          1,
        ),
        numberColumn(
          "without the gate (%)",
          risks.map(({ risk_without }) => risk_without),
          1,
        ),
        numberColumn(
          "harm to all (%)",
          risks.map(({ risk_of_all }) => risk_of_all),
          1,
        ),
      ],
    },
  ];
}
