import { z } from "zod";
import { Choice, StudyKind } from "./definition.js";

/** One answer with the systems that were on its sides: a row of the export, long format. */
export const AnswerRow = z.object({
  /** A random identifier; it has no relation to a code, name or address. */
  participant: z.string(),
  /** The position in the participant's order, from 0. */
  trial: z.number().int(),
  kind: StudyKind,
  item: z.string(),
  /** The systems on the two sides; for `naming` the system of the image is `left`, and `right` is null. */
  left: z.string(),
  right: z.string().nullable(),
  choice: Choice.nullable(),
  /** The system that was chosen; null: a tie, neither or a name. */
  chosen: z.string().nullable(),
  /** The name that was typed or chosen. */
  name: z.string().nullable(),
  /** Of `naming` and of attention checks: whether the answer is right. */
  correct: z.boolean().nullable(),
  /** True: an attention check. */
  check: z.boolean(),
  milliseconds: z.number(),
  /** Of `naming`: milliseconds for which the image was visible; null: not known. */
  exposure: z.number().nullable(),
  input: z.enum(["keyboard", "pointer", "touch"]),
  width: z.number().int(),
  height: z.number().int(),
  answered_at: z.iso.datetime(),
});
export type AnswerRow = z.output<typeof AnswerRow>;

/** What is known of a participant beside the answers. */
export const ParticipantRow = z.object({
  participant: z.string(),
  joined_at: z.iso.datetime(),
  finished_at: z.iso.datetime().nullable(),
  /** Trials that were assigned, checks included. */
  trials: z.number().int(),
});
export type ParticipantRow = z.output<typeof ParticipantRow>;

/** The answers of a study, as the analysis reads them. */
export interface StudyAnswers {
  readonly participants: readonly ParticipantRow[];
  readonly answers: readonly AnswerRow[];
}
