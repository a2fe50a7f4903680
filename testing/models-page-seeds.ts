import { type JudgeColumn, judgeColumns } from "../src/evaluation/columns.js";
import type { Evaluation } from "../src/evaluation/evaluation.js";
import { type Compared, markdownTable } from "../src/evaluation/table.js";

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
  const columns = judgeColumns(main);
  const handlings = (main.survival?.handlings ?? []).map(({ after }) => after);
  const psnrOf = (processor: string) =>
    evaluations.map(({ rows }) => rows.find((row) => row.processor === processor)?.psnr);
  const rows = pairs.map((pair) => [
    `${pair.processor} over ${pair.over}`,
    rangeText(psnrOf(pair.processor), 2),
    rangeText(psnrOf(pair.over), 2),
    ...columns.map((column) => rangeText(gainsOf(evaluations, column, pair), 1)),
    ...[undefined, ...handlings].map((after) =>
      rangeText(
        evaluations.map((evaluation) => unseenOf(evaluation, pair, after)),
        1,
      ),
    ),
  ]);
  const heads = [
    ...["gain", "PSNR", "PSNR of the other"],
    ...columns.map(({ judge }) => titleOf(judge)),
    ...["mean of unseen", ...handlings.map((after) => `mean of unseen after ${after}`)],
  ];
  return [
    "### Seeds",
    `The same trainings with ${evaluations.length} seeds, from the smallest to the largest figure: PSNR of both models in dB, gains in points.`,
    markdownTable(heads, rows),
  ];
}

/** The mean gain over the unseen recognizers, as restored or after a handling. */
function unseenOf({ mean_gains, survival }: Evaluation, { processor, over }: Compared, after?: string) {
  const handled = survival?.handlings.find((handling) => handling.after === after);
  const gains = after === undefined ? mean_gains?.gains : handled?.gains;
  return gains?.find((gain) => gain.processor === processor && gain.over === over)?.unseen?.points;
}

/** The gain in each evaluation, of the judge and measure of a column of the main one. */
const gainsOf = (evaluations: readonly Evaluation[], { judge, measure }: JudgeColumn, { processor, over }: Compared) =>
  evaluations.map((evaluation) => {
    const column = judgeColumns(evaluation).find((each) => each.judge === judge && each.measure === measure);
    return column?.gainOf(processor, over)?.value;
  });

/** "3.1 to 4.0"; "" if an evaluation does not have the figure. */
function rangeText(values: readonly (number | null | undefined)[], digits: number): string {
  const numbers = values.filter((value) => typeof value === "number");
  if (numbers.length < values.length) return "";
  return `${Math.min(...numbers).toFixed(digits)} to ${Math.max(...numbers).toFixed(digits)}`;
}
