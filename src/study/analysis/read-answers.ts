import { parse } from "csv-parse/sync";
import { z } from "zod";
import { messageOf, reasonsOf, UserError } from "../../errors.js";
import { grouped } from "../../grouped.js";
import { readText } from "../../platform/node/files.js";
import { AnswerRow, type ParticipantRow, type StudyAnswers } from "../answers.js";
import { FORMULA } from "../answers-csv.js";

/** An empty cell is null. */
const orNull = <T extends z.ZodType>(schema: T) =>
  z.preprocess((cell) => (cell === "" ? null : cell), z.nullable(schema));
const Flag = z.enum(["true", "false"]).transform((text) => text === "true");
const Count = z.string().trim().min(1).transform(Number).pipe(z.number().int());
const Milliseconds = z.string().trim().min(1).transform(Number).pipe(z.number().min(0));

/** Text that a spreadsheet would compute was written with an apostrophe. */
const Text = z
  .string()
  .transform((text) => (text.startsWith("'") && FORMULA.test(text.slice(1)) ? text.slice(1) : text));

/** A row of the CSV that `study export` writes. */
const CsvRow = z.object({
  ...AnswerRow.shape,
  trial: Count,
  item: Text,
  left: Text,
  right: orNull(Text),
  choice: orNull(AnswerRow.shape.choice.unwrap()),
  chosen: orNull(Text),
  name: orNull(Text),
  correct: orNull(Flag),
  check: Flag,
  milliseconds: Milliseconds,
  exposure: orNull(Milliseconds),
  width: Count,
  height: Count,
  simulated: Flag,
});

/** Answers of a CSV file, with what the file tells of their study. */
export interface CsvAnswers extends StudyAnswers {
  readonly simulated: boolean;
}

/**
 * Reads the answers that `study export` wrote as CSV. Participants without answers are not in it; the trials of a participant are
 * taken to be `trials` or, without it, the largest number of trials that appears.
 * @throws UserError when the file cannot be read, a cell is not valid, or a trial of a participant appears twice.
 */
export async function readAnswersCsv(path: string, trials?: number): Promise<CsvAnswers> {
  const rows = rowsOf(path, await textOf(path));
  if (rows.length === 0) throw new UserError(`cannot analyze ${path}: it has no answers`);
  const answers = rows.map(({ simulated: _, ...row }): AnswerRow => row);
  const assigned = trials ?? Math.max(...answers.map(({ trial }) => trial)) + 1;
  return {
    answers,
    participants: participantsOf(path, answers, assigned),
    simulated: rows.some(({ simulated }) => simulated),
  };
}

const textOf = (path: string): Promise<string> =>
  readText(path).catch((error) => {
    throw new UserError(`cannot read ${path}: ${messageOf(error)}`);
  });

function rowsOf(path: string, text: string): z.output<typeof CsvRow>[] {
  let records: unknown[];
  try {
    records = parse(text, { columns: true, bom: true, skip_empty_lines: true });
  } catch (error) {
    throw new UserError(`cannot read ${path}: ${messageOf(error)}`);
  }
  return records.map((record, i) => {
    const result = CsvRow.safeParse(record);
    if (result.success) return result.data;
    const issues = result.error.issues.slice(0, 1);
    throw new UserError(`cannot read ${path}: answer ${i + 1}: ${reasonsOf({ issues })}`);
  });
}

function participantsOf(path: string, answers: readonly AnswerRow[], trials: number): ParticipantRow[] {
  return [...grouped(answers, ({ participant }) => participant)].map(([participant, own]) => {
    if (new Set(own.map(({ trial }) => trial)).size < own.length)
      throw new UserError(`cannot analyze ${path}: a trial of participant ${participant} appears twice`);
    const times = own.map(({ answered_at }) => answered_at).sort();
    const [first = "", last = ""] = [times[0], times.at(-1)];
    return { participant, joined_at: first, finished_at: own.length >= trials ? last : null, trials };
  });
}
