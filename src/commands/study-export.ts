import { basename, dirname, join } from "node:path";
import { z } from "zod";
import { UserError } from "../errors.js";
import { readTextIfThere, writeBytes } from "../platform/node/files.js";
import { requireWritable } from "../platform/node/outputs.js";
import { named, path } from "../settings.js";
import { answersCsv, participantsCsv } from "../study/answers-csv.js";
import { readStudy, type StudyWithAnswers } from "../study/read-study.js";
import { requireStudyKept } from "../study/study-folder.js";
import { defineCommand } from "./command.js";
import { databaseSetting, studyFolder } from "./study-settings.js";

/** Files beside that of the answers. */
const BESIDE = { participants: "participants.csv", completions: "completions.csv" } as const;

export const studyExport = defineCommand({
  name: "study export",
  settings: z.object({
    folder: studyFolder(),
    out: path("the CSV file of the answers", { short: "o", placeholder: "file" }),
    json: path("write the answers and participants to this file as JSON", { placeholder: "file" }).optional(),
    database: databaseSetting,
  }),
  notes: `Beside the answers are ${BESIDE.participants}, and ${BESIDE.completions} with the codes of completion, sorted so that they cannot be related to answers.
A cell that a spreadsheet would compute (a name that begins with =, +, - or @) gets an apostrophe before it; the JSON has it as it is.
The study can be served at the same time.`,
  examples: [
    "legible study export study --out answers.csv",
    "legible study export study --out results/answers.csv --json results/answers.json",
  ],
  async run({ folder, out, json, database }, { report, print }) {
    const [participants, completions] = [BESIDE.participants, BESIDE.completions].map((name) =>
      join(dirname(out), name),
    );
    const files = [out, participants as string, completions as string, ...(json === undefined ? [] : [json])];
    if (Object.values<string>(BESIDE).includes(basename(out)))
      throw new UserError(`${named("out")} cannot be ${basename(out)}, which is written beside it`);
    await requireStudyKept(folder, files);
    await requireWritable(files);
    await requireExported(participants as string, "participant,");
    await requireExported(completions as string, "completion\n");
    const study = await readStudy(folder, database);
    await writeBytes(out, [answersCsv(study.answers, study.definition)]);
    await writeBytes(participants as string, [participantsCsv(study.participants, study.definition)]);
    await writeBytes(completions as string, [`completion\n${study.completions.map((code) => `${code}\n`).join("")}`]);
    if (json !== undefined) await writeBytes(json, [`${JSON.stringify(exported(study), null, 2)}\n`]);
    if (study.definition.simulated) report.info("the participants of this study are simulated");
    print(`${study.answers.length} answers of ${study.participants.length} participants: ${files.join(", ")}`);
    return "done";
  },
});

/**
 * The user does not name the files beside the answers, so they replace only those of an earlier export.
 * @throws UserError when a file exists and begins otherwise.
 */
async function requireExported(file: string, start: string): Promise<void> {
  const text = await readTextIfThere(file);
  if (text === undefined || text.startsWith(start)) return;
  throw new UserError(
    `cannot write ${file}: it is not a file of an earlier export; choose another folder for ${named("out")}`,
  );
}

const exported = ({ definition, hash, participants, answers }: StudyWithAnswers) => ({
  study: definition.id,
  title: definition.title,
  study_sha256: hash,
  simulated: definition.simulated,
  participants,
  answers,
});
