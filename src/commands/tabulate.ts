import { z } from "zod";
import { UserError } from "../errors.js";
import type { Evaluation } from "../evaluation/evaluation.js";
import { readPredictions } from "../evaluation/from-predictions.js";
import type { MeasuredEvaluation } from "../evaluation/measurements.js";
import { summarize } from "../evaluation/summarize.js";
import { evaluationTable } from "../evaluation/table.js";
import { writeBytes } from "../platform/node/files.js";
import { requireWritable } from "../platform/node/outputs.js";
import { joinedReport } from "../report/evaluation-report.js";
import { path, paths } from "../settings.js";
import { defineCommand } from "./command.js";
import { reportSettings, requireHtml, writeReport } from "./html-report.js";

export const tabulate = defineCommand({
  name: "tabulate",
  settings: z.object({
    predictions: paths("a file that evaluate wrote with --predictions; several have the same processors", {
      position: 0,
      placeholder: "file",
    }),
    json: path("write the results to this file as JSON", { placeholder: "file" }).optional(),
    ...reportSettings,
    out: path("write the tables to this file as Markdown", { short: "o", placeholder: "file" }).optional(),
  }),
  notes: `Several files make one table, such as that of an evaluation by classifiers and that of another by detectors on other images.
Their JSON is {"evaluations": […]}, in the order of the files.`,
  examples: [
    "legible tabulate predictions.jsonl",
    "legible tabulate predictions.jsonl --json results.json",
    "legible tabulate classes.jsonl boxes.jsonl -o transfer.md",
  ],
  async run({ predictions, json, out, report: page }, { report, print }) {
    const written = [json, out, page].filter((file) => file !== undefined);
    requireHtml(page);
    await requireWritable(written, predictions);
    const measured: MeasuredEvaluation[] = [];
    for (const file of predictions) measured.push(await readPredictions(file));
    const evaluations = measured.map(({ setting, measurements }) => summarize(setting, measurements));
    requireSameRows(predictions, evaluations);
    const tables = evaluationTable(...evaluations);
    print(tables);
    if (json !== undefined) {
      const results = evaluations.length === 1 ? evaluations[0] : { evaluations };
      await writeBytes(json, [`${JSON.stringify(results, null, 2)}\n`]);
      report.info(`results: ${json}`);
    }
    if (out !== undefined) {
      await writeBytes(out, [`${tables}\n`]);
      report.info(`tables: ${out}`);
    }
    await writeReport(page, () => joinedReport(evaluations, measured), report);
    return "done";
  },
});

/** @throws UserError when two evaluations have other processors, or another task. */
function requireSameRows(files: readonly string[], [first, ...others]: readonly Evaluation[]): void {
  const settingOf = (evaluation: Evaluation | undefined) =>
    JSON.stringify([evaluation?.task, evaluation?.options, evaluation?.rows.map(({ processor }) => processor)]);
  const place = others.findIndex((other) => settingOf(other) !== settingOf(first));
  if (place < 0) return;
  const describe = ({ task, rows }: Evaluation) => `${task}: ${rows.map(({ processor }) => processor).join(", ")}`;
  throw new UserError(
    `cannot join ${files[0]} (${describe(first as Evaluation)}) and ${files[place + 1]} ` +
      `(${describe(others[place] as Evaluation)}): they have other processors or another task`,
  );
}
