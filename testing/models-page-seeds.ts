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
  const psnrOf = (processor: string) =>
    evaluations.map(({ rows }) => rows.find((row) => row.processor === processor)?.psnr);
  const rows = pairs.map(({ processor, over }) => [
    `${processor} over ${over}`,
    rangeText(psnrOf(processor), 2),
    rangeText(psnrOf(over), 2),
    ...columns.map((column) => rangeText(gainsOf(evaluations, column, { processor, over }), 1)),
  ]);
  return [
    "### Seeds",
    `The same trainings with ${evaluations.length} seeds, from the smallest to the largest figure: PSNR of both models in dB, gains in points.`,
    markdownTable(["gain", "PSNR", "PSNR of the other", ...columns.map(({ judge }) => titleOf(judge))], rows),
  ];
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
