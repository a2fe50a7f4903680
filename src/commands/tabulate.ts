import { z } from "zod";
import { evaluationFrom } from "../evaluation/from-predictions.js";
import { evaluationTable } from "../evaluation/table.js";
import { writeBytes } from "../platform/node/files.js";
import { requireWritable } from "../platform/node/outputs.js";
import { path } from "../settings.js";
import { defineCommand } from "./command.js";

export const tabulate = defineCommand({
  name: "tabulate",
  summary: "rebuild the tables of an evaluation from its predictions, without running a model",
  settings: z.object({
    predictions: path("a file that evaluate wrote with --predictions", { position: 0, placeholder: "file" }),
    json: path("write the results to this file as JSON", { placeholder: "file" }).optional(),
  }),
  examples: ["legible tabulate predictions.jsonl", "legible tabulate predictions.jsonl --json results.json"],
  async run({ predictions, json }, { report, print }) {
    await requireWritable(json === undefined ? [] : [json], [predictions]);
    const evaluation = await evaluationFrom(predictions);
    print(evaluationTable(evaluation));
    if (json !== undefined) {
      await writeBytes(json, [`${JSON.stringify(evaluation, null, 2)}\n`]);
      report.info(`results: ${json}`);
    }
    return "done";
  },
});
