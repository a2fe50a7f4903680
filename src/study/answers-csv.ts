import { AnswerRow, ParticipantRow } from "./answers.js";
import type { StudyDefinition } from "./definition.js";

/** Characters at the start of a cell that make spreadsheets compute it. */
export const FORMULA = /^[=+\-@\t\r＝＋－＠]/;

/** A cell. Text that a spreadsheet would compute gets an apostrophe before it; null is empty. */
function cell(value: string | number | boolean | null): string {
  if (typeof value !== "string") return value === null ? "" : String(value);
  const safe = FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

type Row = Readonly<Record<string, string | number | boolean | null>>;

const csv = (columns: readonly string[], rows: readonly Row[]): string =>
  [columns.join(","), ...rows.map((row) => columns.map((column) => cell(row[column] ?? null)).join(","))]
    .map((line) => `${line}\n`)
    .join("");

/** Answers as CSV in long format, with a column that states whether the participants are simulated. */
export const answersCsv = (answers: readonly AnswerRow[], { simulated }: StudyDefinition): string =>
  csv(
    [...Object.keys(AnswerRow.shape), "simulated"],
    answers.map((row) => ({ ...row, simulated })),
  );

/** Participants as CSV. */
export const participantsCsv = (participants: readonly ParticipantRow[], { simulated }: StudyDefinition): string =>
  csv(
    [...Object.keys(ParticipantRow.shape), "simulated"],
    participants.map((row) => ({ ...row, simulated })),
  );
