import { columnTitles, type JudgeColumn, judgeColumns, meanColumns, onlyTop1 } from "./columns.js";
import { type Compared, samePair } from "./compared.js";
import type { Evaluation } from "./evaluation.js";
import type { HandledFigures, SurvivingFigure, SurvivingGain } from "./robustness.js";
import { gainText, markdownTable } from "./text.js";

/**
 * What is left after handlings, as Markdown tables: the figure of each row; the gain of each processor over the first one, or
 * over "none" if there is only one; the percentage of the gain without handling that is left. None without handlings.
 */
export function survivalTables(evaluation: Evaluation): string[] {
  const { survival, rows } = evaluation;
  if (!survival) return [];
  const judges = judgeColumns(evaluation).filter((column, i, all) => all.findIndex(sameJudge(column)) === i);
  const columns = [...judges.map(judgeColumn), ...meanColumns(evaluation).map(meanColumn)];
  const titles = columnTitles(columns.map(({ plain }) => plain));
  const pairs = shownPairs(rows.map(({ processor }) => processor));
  const { handlings } = survival;
  const measure = onlyTop1(judges) ? "top-1" : "figure";
  const lines = pairs.map((pair) => ({ pair, gains: handlings.map((handling) => gainAfter(handling, pair)) }));
  return [
    figuresTable(`${measure} after`, handlings, judges),
    ...(pairs.length > 0
      ? [
          markdownTable(
            [`gain${onlyTop1(judges) ? " in top-1" : ""} after (points, 95 %)`, ...titles],
            lines.flatMap(({ pair, gains }) => gainLines(pair, gains, columns)),
          ),
          [
            markdownTable(
              ["left of the gain (%, 95 %)", ...titles],
              lines.flatMap(({ pair, gains }) => leftLines(pair, gains, columns)),
            ),
            "–: the interval of the gain without handling includes 0.",
          ].join("\n"),
        ]
      : []),
  ];
}

/** A judge, or a mean over judges. */
interface Column {
  /** Its gains without handling. */
  readonly plain: JudgeColumn;
  /** Its gain after a handling. */
  readonly figureOf: (gain: SurvivingGain) => SurvivingFigure | undefined;
}

const sameJudge =
  ({ judge }: JudgeColumn) =>
  (other: JudgeColumn): boolean =>
    other.judge === judge;

const judgeColumn = (plain: JudgeColumn): Column => ({ plain, figureOf: ({ judges }) => judges[plain.judge] });

/** @param place of the column among those of `meanColumns`. */
const meanColumn = (plain: JudgeColumn, place: number): Column => ({
  plain,
  figureOf: ({ mean, unseen }) => (place === 0 ? mean : unseen),
});

function shownPairs(names: readonly string[]): Compared[] {
  const [none = "", first, ...others] = names.slice(0, -1);
  if (first === undefined) return [];
  return others.length > 0
    ? others.map((processor) => ({ processor, over: first }))
    : [{ processor: first, over: none }];
}

/** The gain of a pair after a handling, with the handling's name. */
const gainAfter = ({ after, gains }: HandledFigures, pair: Compared) => ({
  after,
  gain: gains.find((each) => samePair(each, pair)) as SurvivingGain,
});

type GainAfter = ReturnType<typeof gainAfter>;

const figuresTable = (title: string, handlings: readonly HandledFigures[], columns: readonly JudgeColumn[]): string =>
  markdownTable(
    [title, ...columnTitles(columns)],
    handlings.flatMap(({ after, rows }) =>
      rows.map(({ processor, judges }) => [
        `${after}: ${processor}`,
        ...columns.map(({ judge }) => judges[judge]?.toFixed(1) ?? ""),
      ]),
    ),
  );

const gainLines = ({ processor, over }: Compared, gains: readonly GainAfter[], columns: readonly Column[]) => [
  [`${processor} over ${over}, as restored`, ...columns.map(({ plain }) => gainText(plain.gainOf(processor, over)))],
  ...gains.map(({ after, gain }) => [
    `${processor} over ${over}, ${after}`,
    ...columns.map(({ figureOf }) => {
      const { points = null, ci95 = null } = figureOf(gain) ?? {};
      return gainText({ value: points, ci95 });
    }),
  ]),
];

const leftLines = ({ processor, over }: Compared, gains: readonly GainAfter[], columns: readonly Column[]) =>
  gains.map(({ after, gain }) => [
    `${processor} over ${over}, ${after}`,
    ...columns.map(({ figureOf }) => leftText(figureOf(gain))),
  ]);

/** "44 [20, 70]"; "–" where it is not defined. */
function leftText(figure: SurvivingFigure | undefined): string {
  if (figure?.left == null || figure.left_ci95 === null) return "–";
  return `${figure.left.toFixed(0)} [${figure.left_ci95.map((bound) => bound.toFixed(0)).join(", ")}]`;
}
