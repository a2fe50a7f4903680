import { z } from "zod";
import { markdownTable } from "../evaluation/table.js";
import { printable } from "../printable.js";
import { readStudyStatus } from "../study/read-study.js";
import { defineCommand } from "./command.js";
import { databaseSetting, studyFolder } from "./study-settings.js";

export const studyStatus = defineCommand({
  name: "study status",
  settings: z.object({
    folder: studyFolder(),
    database: databaseSetting,
    json: z.boolean().default(false).describe("print the counts as JSON"),
  }),
  notes: "The study can be served at the same time.",
  examples: ["legible study status study", "legible study status study --json"],
  async run({ folder, database, json }, { report, print }) {
    const status = await readStudyStatus(folder, database);
    if (json) {
      print(JSON.stringify(status, null, 2));
      return "done";
    }
    const { title, simulated, joined, completed, free, answers, last_answer: last } = status;
    report.info(printable(`${title}${simulated ? " (simulated participants)" : ""}`));
    print(
      markdownTable(
        ["joined", "completed", "may still join", "answers", "last answer"],
        [[joined, completed, free, answers, last ?? "none"].map(String)],
      ),
    );
    return "done";
  },
});
