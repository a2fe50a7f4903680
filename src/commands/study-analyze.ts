import { stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { messageOf, reasonsOf, UserError } from "../errors.js";
import { STUDY_ANALYSIS } from "../experiments/findings.js";
import { readText, writeBytes } from "../platform/node/files.js";
import { requireWritable } from "../platform/node/outputs.js";
import { version } from "../platform/node/version.js";
import { path, seed } from "../settings.js";
import { type AnalyzedStudy, analyzeStudy } from "../study/analysis/analysis.js";
import { methodsParagraph } from "../study/analysis/methods.js";
import { readAnswersCsv } from "../study/analysis/read-answers.js";
import { studyReport } from "../study/analysis/report.js";
import { analysisTable } from "../study/analysis/table.js";
import type { AnswerRow, StudyAnswers } from "../study/answers.js";
import { StudyDefinition } from "../study/definition.js";
import { requireStudyKept, sha256 } from "../study/study-folder.js";
import { defineCommand } from "./command.js";
import { reportSettings, requireHtml, writeReport } from "./html-report.js";
import { databaseSetting } from "./study-settings.js";

const settings = z.object({
  answers: path("a study's folder, or a CSV file of answers that study export wrote", {
    position: 0,
    placeholder: "folder|file",
  }),
  definition: path("of a CSV file: the study.json of its study, which has the rules of exclusion", {
    placeholder: "file",
  }).optional(),
  database: databaseSetting,
  json: path("write the analysis to this file as JSON", { placeholder: "file" }).optional(),
  ...reportSettings,
  seed: seed("seed of the intervals"),
});
type Settings = z.output<typeof settings>;

export const studyAnalyze = defineCommand({
  name: "study analyze",
  settings,
  notes: `The rules of exclusion are those that were fixed when the study was created; results are given without and with the excluded
participants. The interval over participants and items ("crossed") is the main one; the exact interval and the sign test are as if all
answers were independent. docs/study.md explains each number. A CSV file alone has no rules and no title, and its systems are in
alphabetical order, the first as the reference; --definition gives these.`,
  examples: [
    "legible study analyze study",
    "legible study analyze study --report report.html --json analysis.json",
    "legible study analyze answers.csv --definition study/study.json",
  ],
  async run(given, { report, print }) {
    const written = [given.json, given.report].filter((file) => file !== undefined);
    requireHtml(given.report);
    await requireWritable(written, [given.answers, ...(given.definition === undefined ? [] : [given.definition])]);
    await requireStudyKept(given.answers, written);
    const { study, answers, hash, items } = await opened(given);
    const analysis = analyzeStudy(study, answers, { seed: given.seed });
    const provenance = { version, items, ...(hash !== undefined && { hash }) };
    print(analysisTable(analysis));
    if (given.json !== undefined) {
      const content = { ...analysis, ...provenance, methods: methodsParagraph(study, analysis, provenance) };
      await writeBytes(given.json, [`${JSON.stringify(content, null, 2)}\n`]);
      report.info(`analysis: ${given.json}`);
    }
    await writeReport(given.report, () => studyReport(study, analysis, provenance), report);
    return "done";
  },
  stage: {
    settings: (folder) => ({ json: join(folder, STUDY_ANALYSIS), report: join(folder, "report.html") }),
    outputs: (folder) => [join(folder, STUDY_ANALYSIS), join(folder, "report.html")],
  },
});

interface Opened {
  readonly study: AnalyzedStudy;
  readonly answers: StudyAnswers;
  readonly hash?: string;
  /** Items that are no attention checks. */
  readonly items: number;
}

async function opened({ answers: target, definition, database }: Settings): Promise<Opened> {
  const isFolder = await stat(target).then(
    (status) => status.isDirectory(),
    (error) => {
      throw new UserError(`cannot analyze ${target}: ${messageOf(error)}`);
    },
  );
  if (isFolder) {
    if (definition !== undefined) throw new UserError(`\`definition\` is for a CSV file; ${target} has its study.json`);
    const { readStudy } = await import("../study/read-study.js");
    const { definition: study, hash, ...answers } = await readStudy(target, database);
    return { study, answers, hash, items: itemsOf(study) };
  }
  if (database !== undefined) throw new UserError(`\`database\` is for a study's folder; ${target} is a file`);
  const study = definition === undefined ? undefined : await readDefinition(definition);
  const { simulated, ...answers } = await readAnswersCsv(target, study && study.trials + study.checks);
  if (!study) return fromAnswersAlone(answers, simulated);
  requireSame(target, study, answers.answers);
  return {
    hash: sha256(await readText(definition as string)),
    study: { ...study, simulated: study.simulated || simulated },
    answers,
    items: itemsOf(study),
  };
}

const itemsOf = ({ items }: StudyDefinition): number =>
  items.filter(({ check }) => check === undefined || check === false).length;

async function readDefinition(file: string): Promise<StudyDefinition> {
  try {
    const result = StudyDefinition.safeParse(JSON.parse(await readText(file)));
    if (result.success) return result.data;
    throw new Error(reasonsOf(result.error));
  } catch (error) {
    throw new UserError(`cannot read the study ${file}: ${messageOf(error)}`);
  }
}

/** @throws UserError when answers are about other systems or items, of other trials or another kind. */
function requireSame(file: string, study: StudyDefinition, answers: readonly AnswerRow[]): void {
  const { systems, kind, trials, checks } = study;
  const items = new Set(study.items.map(({ id }) => id));
  const other = answers.find(
    (answer) =>
      answer.kind !== kind ||
      answer.trial >= trials + checks ||
      !items.has(answer.item) ||
      (!answer.check && ![answer.left, answer.right ?? answer.left].every((name) => systems.includes(name))),
  );
  if (other)
    throw new UserError(
      `cannot analyze ${file}: trial ${other.trial} of participant ${other.participant} is not of the study that \`definition\` gives`,
    );
}

/** The study as far as the answers show it. */
function fromAnswersAlone(answers: StudyAnswers, simulated: boolean): Opened {
  const regular = answers.answers.filter(({ check }) => !check);
  const kinds = [...new Set(answers.answers.map(({ kind }) => kind))];
  const [kind = "quality"] = kinds;
  if (kinds.length > 1) throw new UserError(`the answers are of several kinds of studies: ${kinds.join(", ")}`);
  const systems = [...new Set(regular.flatMap(({ left, right }) => (right === null ? [left] : [left, right])))].sort();
  const perParticipant = answers.participants[0]?.trials ?? 0;
  const checks = Math.max(
    0,
    ...answers.participants.map(({ participant }) => {
      return answers.answers.filter((answer) => answer.check && answer.participant === participant).length;
    }),
  );
  return {
    study: {
      ...{ title: "Answers of a study", kind, systems, exclusions: {}, simulated, about: {} },
      ...{ trials: perParticipant - checks, checks, exposure: Math.round(regular[0]?.exposure ?? 0) },
    },
    answers,
    items: new Set(regular.map(({ item }) => item)).size,
  };
}
