import { grouped } from "../../grouped.js";
import { krippendorffAlpha } from "../../metrics/krippendorff.js";
import type { AnswerRow } from "../answers.js";

/** Krippendorff's α of participants over items; null: not defined, such as if all answers are equal. */
export interface Agreement {
  readonly units: number;
  readonly nominal: number | null;
  /** Of preferences alone: a tie is between the two systems. */
  readonly ordinal: number | null;
}

/**
 * A unit is an item with the systems that were shown. Values are the chosen system, where ties and `neither` are in the middle;
 * of names, whether they are right.
 * @param answers that are no attention checks.
 */
export function agreementOf(answers: readonly AnswerRow[], systems: readonly string[]): Agreement {
  const units = grouped(answers, ({ item, left, right }) => JSON.stringify([item, ...[left, right ?? ""].sort()]));
  const values = [...units.values()].map((unit) => unit.map((answer) => preferenceValue(answer, systems)));
  const isPaired = answers.some(({ right }) => right !== null);
  return {
    units: values.filter(({ length }) => length >= 2).length,
    nominal: krippendorffAlpha(values, "nominal"),
    ordinal: isPaired ? krippendorffAlpha(values, "ordinal") : null,
  };
}

function preferenceValue({ right, left, chosen, correct }: AnswerRow, systems: readonly string[]): number {
  if (right === null) return Number(correct === true);
  if (chosen === null) return 0;
  const other = chosen === left ? right : left;
  return systems.indexOf(chosen) > systems.indexOf(other) ? 1 : -1;
}
