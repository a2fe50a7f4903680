import { signTest } from "../../metrics/binomial.js";
import { holm } from "../../metrics/holm.js";
import type { AnswerRow, StudyAnswers } from "../answers.js";
import type { StudyDefinition } from "../definition.js";
import { type Agreement, agreementOf } from "./agreement.js";
import { type Exclusion, exclusionsOf } from "./exclusions.js";
import { type Naming, namingOf } from "./naming.js";
import { type Preference, preferenceOf } from "./preference.js";
import { type ItemRow, itemRows, type ParticipantFigures, participantRows } from "./rows.js";
import { type Strengths, strengthsOf } from "./strengths.js";
import { type Times, timesOf } from "./times.js";

/** The parts of a definition that the analysis reads. */
export type AnalyzedStudy = Pick<
  StudyDefinition,
  "title" | "kind" | "systems" | "exclusions" | "simulated" | "about" | "trials" | "checks" | "exposure"
>;

/** What the answers of some participants show. */
export interface Results {
  readonly participants: number;
  /** Answers that are no attention checks. */
  readonly answers: number;
  /** Every pair of systems, the later one over the earlier one; empty for names. */
  readonly preferences: readonly (Preference & { readonly adjustedSignTest: number })[];
  /** Of more than two systems; otherwise null. */
  readonly strengths: Strengths | null;
  /** Of names; otherwise null. */
  readonly naming: Naming | null;
  readonly agreement: Agreement;
  /** Choices of the left and the right side, with the sign test of no bias; null for names. */
  readonly sides: { readonly left: number; readonly right: number; readonly signTest: number } | null;
  readonly times: Times | null;
  /** The preference for the last system, or the share of right names, in the first and second half of each participant's trials. */
  readonly halves: readonly [first: number | null, second: number | null];
  readonly checks: { readonly answers: number; readonly correct: number };
}

export interface StudyAnalysis {
  readonly format: "legible-study-analysis";
  readonly version: 1;
  readonly title: string;
  readonly kind: StudyDefinition["kind"];
  readonly systems: readonly string[];
  /** True: participants are simulated. */
  readonly simulated: boolean;
  /** Seed of the intervals. */
  readonly seed: number;
  readonly joined: number;
  readonly finished: number;
  readonly rules: StudyDefinition["exclusions"];
  readonly exclusions: readonly Exclusion[];
  /** Results without the excluded participants: the main ones. */
  readonly results: Results;
  /** Results of all participants. */
  readonly withExcluded: Results;
  readonly items: readonly ItemRow[];
  readonly participants: readonly ParticipantFigures[];
  /** Times of the answers in `results`, in their order. */
  readonly milliseconds: readonly number[];
}

/** Analyzes the answers of a study. The same seed gives the same intervals. */
export function analyzeStudy(
  definition: AnalyzedStudy,
  { participants, answers }: StudyAnswers,
  { seed = 0 }: { readonly seed?: number } = {},
): StudyAnalysis {
  const { title, kind, systems, simulated, exclusions: rules } = definition;
  const exclusions = exclusionsOf(participants, answers, rules);
  const excluded = new Set(exclusions.map(({ participant }) => participant));
  const kept = answers.filter(({ participant }) => !excluded.has(participant));
  const regular = kept.filter(({ check }) => !check);
  return {
    ...{ format: "legible-study-analysis", version: 1, title, kind, systems, simulated, seed, rules, exclusions },
    joined: participants.length,
    finished: participants.filter(({ finished_at }) => finished_at !== null).length,
    results: resultsOf(definition, kept, seed),
    withExcluded: resultsOf(definition, answers, seed),
    items: itemRows(regular, systems),
    participants: participantRows(participants, answers, systems, rules),
    milliseconds: regular.map(({ milliseconds }) => milliseconds),
  };
}

function resultsOf({ kind, systems }: AnalyzedStudy, all: readonly AnswerRow[], seed: number): Results {
  const answers = all.filter(({ check }) => !check);
  const checks = all.filter(({ check }) => check);
  const isNaming = kind === "naming";
  return {
    participants: new Set(answers.map(({ participant }) => participant)).size,
    answers: answers.length,
    preferences: isNaming ? [] : preferencesOf(answers, systems, seed),
    strengths: isNaming ? null : strengthsOf(answers, systems),
    naming: isNaming ? namingOf(answers, systems, seed) : null,
    agreement: agreementOf(answers, systems),
    sides: isNaming ? null : sidesOf(answers),
    times: timesOf(answers),
    halves: halvesOf(answers, systems),
    checks: { answers: checks.length, correct: checks.filter(({ correct }) => correct === true).length },
  };
}

/** The preferences of all pairs; their sign tests are adjusted for their number. */
function preferencesOf(answers: readonly AnswerRow[], systems: readonly string[], seed: number) {
  const preferences = systems.flatMap((over, i) =>
    systems.slice(i + 1).map((system) => preferenceOf(answers, system, over, seed)),
  );
  const adjusted = holm(preferences.map((preference) => preference.signTest));
  return preferences.map((preference, i) => ({ ...preference, adjustedSignTest: adjusted[i] as number }));
}

function sidesOf(answers: readonly AnswerRow[]) {
  const on = (side: string) => answers.filter(({ choice }) => choice === side).length;
  const [left, right] = [on("left"), on("right")];
  return { left, right, signTest: signTest(left, right) };
}

/** A change between the halves can come from fatigue or practice. */
function halvesOf(answers: readonly AnswerRow[], systems: readonly string[]): [number | null, number | null] {
  const later = systems.at(-1);
  const middle = (Math.max(0, ...answers.map(({ trial }) => trial)) + 1) / 2;
  const shareOf = (part: readonly AnswerRow[]) => {
    const counted = part.filter(
      ({ right, chosen, left }) => right === null || (chosen !== null && [left, right].includes(later ?? "")),
    );
    const good = counted.filter(({ right, chosen, correct }) => (right === null ? correct === true : chosen === later));
    return counted.length > 0 ? good.length / counted.length : null;
  };
  return [
    shareOf(answers.filter(({ trial }) => trial < middle)),
    shareOf(answers.filter(({ trial }) => trial >= middle)),
  ];
}
