import { judgeColumns } from "../src/evaluation/columns.js";
import { type Compared, samePair } from "../src/evaluation/compared.js";
import type { Evaluation } from "../src/evaluation/evaluation.js";
import type { MeanFigure } from "../src/evaluation/robustness.js";
import { markdownTable } from "../src/evaluation/table.js";

/** Whether an evaluation is that of a repeated training: `GROUP.seed1.json`. Its rows have the names of the main one. */
export const isSeed = (title: string): boolean => /^seed\d+$/.test(title);

/** The smallest and the largest PSNR and gain over trainings with different seeds; nothing for a single training. */
export function seedParts(
  evaluations: readonly Evaluation[],
  pairs: readonly Compared[],
  titleOf: (judge: string) => string,
): string[] {
  const [main] = evaluations;
  if (!main || evaluations.length < 2) return [];
  const columns = columnsOf(main, titleOf);
  const shared = pairs.every(({ over }) => {
    const hashes = new Set(evaluations.map(({ processor_sha256: known }) => known?.[over]));
    return hashes.size === 1 && !hashes.has(undefined);
  });
  return [
    "### Seeds",
    `The same ${shared ? "training" : "trainings"} with ${evaluations.length} seeds, from the smallest to the largest figure: PSNR of both models in dB, ` +
      `gains in points.${shared ? ` All start from the same ${pairs.map(({ over }) => over).join(", ")} model, which has one seed.` : ""}`,
    markdownTable(
      ["gain", ...columns.map(({ title }) => title)],
      pairs.map((pair) => [
        `${pair.processor} over ${pair.over}`,
        ...columns.map(({ digits = 1, figureOf }) => {
          const figures = evaluations.map((evaluation) => figureOf(evaluation, pair));
          return rangeText(figures, digits);
        }),
      ]),
    ),
  ];
}

interface SeedColumn {
  readonly title: string;
  /** Decimals; default 1. */
  readonly digits?: number;
  /** Undefined: the evaluation does not have the figure. */
  figureOf(evaluation: Evaluation, pair: Compared): number | null | undefined;
}

/** The PSNR of both models, the gain of each judge, and the mean gain of the unseen ones, as restored and after each handling. */
const columnsOf = (main: Evaluation, titleOf: (judge: string) => string): SeedColumn[] => [
  { title: "PSNR", digits: 2, figureOf: (evaluation, { processor }) => psnrIn(evaluation, processor) },
  { title: "PSNR of the other", digits: 2, figureOf: (evaluation, { over }) => psnrIn(evaluation, over) },
  ...judgeColumns(main).map(
    ({ judge, measure }): SeedColumn => ({
      title: titleOf(judge),
      figureOf(evaluation, { processor, over }) {
        const column = judgeColumns(evaluation).find((each) => each.judge === judge && each.measure === measure);
        return column?.gainOf(processor, over)?.value;
      },
    }),
  ),
  { title: "mean of unseen", figureOf: ({ mean_gains }, pair) => unseenIn(mean_gains?.gains, pair) },
  ...(main.survival?.handlings ?? []).map(
    ({ after }): SeedColumn => ({
      title: `mean of unseen after ${after}`,
      figureOf: ({ survival }, pair) => unseenIn(survival?.handlings.find((each) => each.after === after)?.gains, pair),
    }),
  ),
];

const psnrIn = ({ rows }: Evaluation, processor: string) => rows.find((row) => row.processor === processor)?.psnr;

/** The mean gain of a pair over the unseen recognizers, as restored or after a handling. */
const unseenIn = (gains: readonly (Compared & { readonly unseen?: MeanFigure })[] | undefined, pair: Compared) =>
  gains?.find((gain) => samePair(gain, pair))?.unseen?.points;

/** "3.1 to 4.0"; "" if an evaluation does not have the figure. */
function rangeText(values: readonly (number | null | undefined)[], digits: number): string {
  const numbers = values.filter((value) => typeof value === "number");
  if (numbers.length < values.length) return "";
  return `${Math.min(...numbers).toFixed(digits)} to ${Math.max(...numbers).toFixed(digits)}`;
}
