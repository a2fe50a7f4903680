import { grouped } from "../../grouped.js";
import { median } from "../../metrics/median.js";
import type { AnswerRow, ParticipantRow } from "../answers.js";
import type { ExclusionRules } from "../definition.js";

/** The rules in the order in which they are reported. */
export const ruleNames = ["failed_checks", "median_milliseconds", "same_side", "answered"] as const;
export type RuleName = (typeof ruleNames)[number];

/** A rule that a participant broke. */
export interface BrokenRule {
  readonly rule: RuleName;
  readonly value: number;
  readonly limit: number;
}

export interface Exclusion {
  readonly participant: string;
  /** All rules that the participant broke; one is enough. */
  readonly broken: readonly BrokenRule[];
}

/** A participant's figures that rules limit; null: the participant gave no answer that they can be computed from. */
export type RuleFigures = Readonly<Record<RuleName, number | null>>;

/** @param answers of this participant. */
export function ruleFigures({ trials }: Pick<ParticipantRow, "trials">, answers: readonly AnswerRow[]): RuleFigures {
  const regular = answers.filter(({ check }) => !check);
  const paired = regular.filter(({ choice }) => choice !== null);
  const on = (side: string) => paired.filter(({ choice }) => choice === side).length;
  return {
    failed_checks: answers.filter(({ check, correct }) => check && correct === false).length,
    median_milliseconds: regular.length > 0 ? median(regular.map(({ milliseconds }) => milliseconds)) : null,
    same_side: paired.length > 0 ? Math.max(on("left"), on("right")) / paired.length : null,
    answered: trials > 0 ? answers.length / trials : null,
  };
}

/** The rules of a study that a participant's figures break. */
export function brokenRules(figures: RuleFigures, rules: ExclusionRules): BrokenRule[] {
  return ruleNames.flatMap((rule) => {
    const [value, limit] = [figures[rule], rules[rule]];
    if (value === null || limit === undefined) return [];
    const isUpper = rule === "failed_checks" || rule === "same_side";
    return (isUpper ? value > limit : value < limit) ? [{ rule, value, limit }] : [];
  });
}

/** The participants whom the rules exclude, by the answers that they gave. */
export function exclusionsOf(
  participants: readonly ParticipantRow[],
  answers: readonly AnswerRow[],
  rules: ExclusionRules,
): Exclusion[] {
  const byParticipant = grouped(answers, ({ participant }) => participant);
  return participants.flatMap((row) => {
    const broken = brokenRules(ruleFigures(row, byParticipant.get(row.participant) ?? []), rules);
    return broken.length > 0 ? [{ participant: row.participant, broken }] : [];
  });
}
