import { join } from "node:path";
import { columnTitles, judgeColumns, onlyTop1 } from "../evaluation/columns.js";
import type { Evaluation, Row } from "../evaluation/evaluation.js";
import { judgeNotes } from "../evaluation/notes.js";
import { comparedPairs, decibels, exactNotes, figureText, gainsTable, markdownTable } from "../evaluation/table.js";
import { writeBytes } from "../platform/node/files.js";
import { markdownText, printable } from "../printable.js";
import { tradeoffPlot, tradeoffs } from "../report/tradeoff.js";
import { analysisTable } from "../study/analysis/table.js";
import { type Findings, type Training, trainingTitle } from "./findings.js";

/**
 * Writes report.md, report.json and a plot for each evaluation, report-RECIPE-STAGE.svg, into a folder.
 * @returns the page's path.
 */
export async function writePage(folder: string, title: string, findings: readonly Findings[]): Promise<string> {
  for (const { recipe, evaluations } of findings)
    for (const { stage, evaluation } of evaluations.filter(hasPlot))
      await writeBytes(join(folder, plotOf(recipe, stage)), [plot(titleOf(evaluation), evaluation)]);
  await writeBytes(join(folder, "report.json"), [`${JSON.stringify({ title, recipes: findings }, null, 2)}\n`]);
  const page = join(folder, "report.md");
  await writeBytes(page, [pageText(title, findings)]);
  return page;
}

const plotOf = (recipe: string, stage: string): string => `report-${recipe}-${stage}.svg`;

const titleOf = ({ task, scale, data }: Evaluation): string => `${task} ×${scale}: ${data.count} images`;

/** Whether classifiers judged, whose accuracies the plot shows. */
const hasPlot = ({ evaluation: { rows } }: { readonly evaluation: Evaluation }): boolean =>
  Object.keys(rows[0]?.recognizers ?? {}).length > 0;

/** The plot of all rows but "clean", whose PSNR is infinite. */
const plot = (title: string, { rows }: Evaluation): string => {
  const shown = rows.slice(0, -1);
  return tradeoffPlot(
    title,
    tradeoffs(shown).map((point, i) => ({ ...point, label: (shown[i] as Row).processor })),
  );
};

const SIMULATED = "**SIMULATED: the answers of the study are those of simulated participants, not of people.**";

function pageText(title: string, findings: readonly Findings[]): string {
  const parts = [`# ${markdownText(title)}`, ...findings.flatMap(recipeParts)];
  return `${parts.join("\n\n")}\n`;
}

const recipeParts = ({ recipe, title, about, commands, trainings, evaluations, studies }: Findings): string[] => [
  `## ${markdownText(title)}`,
  ...(studies.some(({ analysis }) => analysis.simulated) ? [SIMULATED] : []),
  markdownText(about),
  ...evaluations.flatMap(({ stage, evaluation }) => [
    `### ${stage}`,
    describe(evaluation),
    accuracyTable(evaluation),
    ...exactNotes(evaluation.rows),
    ...gainsOverPlain(evaluation),
    ...judgeNotes(evaluation),
    ...(hasPlot({ evaluation }) ? [`![PSNR against top-1](${plotOf(recipe, stage)})`] : []),
  ]),
  ...studies.flatMap(({ stage, analysis }) => [
    `### ${stage}`,
    analysisTable(analysis),
    markdownText(analysis.methods),
    `The folder of ${stage} contains report.html, the report of the study with plots.`,
  ]),
  ...(trainings.length > 0 ? ["### Trainings", trainingsTable(trainings)] : []),
  "### Commands",
  fenced(commands.map(({ command }) => printable(command)).join("\n")),
  ...(trainings.length > 0 ? ["SHA-256 of the logs and the models:", hashesTable(trainings)] : []),
];

/** A block of code, whose fence is longer than any in the code. */
function fenced(code: string): string {
  const longest = Math.max(2, ...(code.match(/`+/g) ?? []).map((run) => run.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}\n${code}\n${fence}`;
}

function describe(evaluation: Evaluation): string {
  const { task, options, scale, data, seed } = evaluation;
  const settings = Object.entries(options).map(([name, value]) => `${name} ${value}`);
  const [figures, wilson] = onlyTop1(judgeColumns(evaluation))
    ? ["Top-1", "Wilson's"]
    : ["Figures", "of top-1 Wilson's"];
  const skipped = data.skipped.length > 0 ? `, ${data.skipped.length} left out` : "";
  return (
    `Task ${[task, ...settings].join(", ")}${"scale" in options ? "" : `, ×${scale}`}. ${data.count} images of ${markdownText(data.folders.join(", "))}` +
    `${data.selection ? ` (${markdownText(data.selection)})` : ""}${skipped}; seed ${seed}. ` +
    `${figures} in %, with 95 % intervals (${wilson}; for gains a paired bootstrap).`
  );
}

function accuracyTable(evaluation: Evaluation): string {
  const columns = judgeColumns(evaluation);
  return markdownTable(
    ["processor", "PSNR (dB)", "SSIM", ...columnTitles(columns)],
    evaluation.rows.map(({ processor, psnr, ssim }) => [
      processor,
      decibels(psnr),
      ssim.toFixed(4),
      ...columns.map(({ figureOf }) => figureText(figureOf(processor))),
    ]),
  );
}

/** The gain of each processor over "plain", or over the first processor if none has that name. */
function gainsOverPlain(evaluation: Evaluation): string[] {
  const { rows } = evaluation;
  const base = rows.some(({ processor }) => processor === "plain") ? "plain" : rows[1]?.processor;
  const chosen = comparedPairs(rows.map(({ processor }) => processor)).filter(({ over }) => over === base);
  const columns = judgeColumns(evaluation);
  return chosen.length === 0 || columns.length === 0 ? [] : [gainsTable(chosen, columns)];
}

const trainingsTable = (trainings: readonly Training[]): string =>
  markdownTable(
    ["run", "training", "images", "steps", "batch", "crop", "learning rate", "seed"],
    trainings.map(({ run, images, settings }) => [
      run,
      trainingTitle(settings),
      String(images ?? "–"),
      ...[settings.steps, settings.batch, settings.crop ?? settings.size ?? "–", settings.lr, settings.seed].map(
        String,
      ),
    ]),
  );

const hashesTable = (trainings: readonly Training[]): string =>
  markdownTable(
    ["run", "log.jsonl", "model.onnx"],
    trainings.map(({ run, log, model }) => [run, `\`${log}\``, `\`${model}\``]),
  );
