import { grouped } from "../../grouped.js";
import { median } from "../../metrics/median.js";
import type { AnswerRow, ParticipantRow } from "../answers.js";
import type { ExclusionRules } from "../definition.js";
import { type BrokenRule, brokenRules, type RuleFigures, ruleFigures } from "./exclusions.js";

/** Answers about one item: how often each system was chosen or named correctly. */
export interface ItemRow {
  readonly item: string;
  readonly answers: number;
  /** Choices of each system, or right names. */
  readonly counts: Readonly<Record<string, number>>;
  /** Names that were given for images of each system; absent for pairs. */
  readonly shown?: Readonly<Record<string, number>>;
  readonly ties: number;
  readonly neither: number;
  /** The most frequent names that are not right; absent for pairs. */
  readonly wrongNames?: readonly { readonly name: string; readonly count: number }[];
  readonly medianMilliseconds: number;
}

const MOST_NAMES = 5;

/** One row for each item, in the order of their names. @param answers that are no attention checks. */
export function itemRows(answers: readonly AnswerRow[], systems: readonly string[]): ItemRow[] {
  const byItem = grouped(answers, ({ item }) => item);
  return [...byItem.keys()].sort().map((item) => {
    const own = byItem.get(item) ?? [];
    const isNaming = own.some(({ right }) => right === null);
    const wrong = isNaming && { wrongNames: wrongNamesIn(own) };
    return {
      item,
      ...countsOf(own, systems),
      ...wrong,
      medianMilliseconds: median(own.map(({ milliseconds }) => milliseconds)),
    };
  });
}

function wrongNamesIn(answers: readonly AnswerRow[]) {
  const wrong = answers.flatMap(({ name, correct }) => (name !== null && correct !== true ? [name] : []));
  return [...grouped(wrong, (name) => name.trim().toLowerCase())]
    .map(([name, { length: count }]) => ({ name, count }))
    .sort((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1))
    .slice(0, MOST_NAMES);
}

/** Answers of one participant. */
export interface ParticipantFigures {
  readonly participant: string;
  readonly finished: boolean;
  readonly answers: number;
  readonly counts: Readonly<Record<string, number>>;
  readonly shown?: Readonly<Record<string, number>>;
  readonly ties: number;
  readonly neither: number;
  /** The share of decided answers that agree with the majority of the others about the same item; null without such answers. */
  readonly consistency: number | null;
  readonly rules: RuleFigures;
  /** The rules that exclude the participant. */
  readonly broken: readonly BrokenRule[];
}

/** One row for each participant, also for those without answers. */
export function participantRows(
  participants: readonly ParticipantRow[],
  answers: readonly AnswerRow[],
  systems: readonly string[],
  rules: ExclusionRules,
): ParticipantFigures[] {
  const byParticipant = grouped(answers, ({ participant }) => participant);
  const majorities = new Majorities(answers);
  return participants.map((row) => {
    const all = byParticipant.get(row.participant) ?? [];
    const figures = ruleFigures(row, all);
    const own = all.filter(({ check }) => !check);
    return {
      participant: row.participant,
      finished: row.finished_at !== null,
      ...countsOf(own, systems),
      consistency: majorities.agreement(own),
      rules: figures,
      broken: brokenRules(figures, rules),
    };
  });
}

function countsOf(answers: readonly AnswerRow[], systems: readonly string[]) {
  const naming = answers.some(({ right }) => right === null);
  const count = (holds: (answer: AnswerRow) => boolean) => answers.filter(holds).length;
  const by = (holds: (answer: AnswerRow, system: string) => boolean) =>
    Object.fromEntries(systems.map((system) => [system, count((answer) => holds(answer, system))]));
  return {
    answers: answers.length,
    counts: naming
      ? by(({ left, correct }, system) => left === system && correct === true)
      : by(({ chosen }, system) => chosen === system),
    ...(naming && { shown: by(({ left }, system) => left === system) }),
    ties: count(({ choice }) => choice === "tie"),
    neither: count(({ choice }) => choice === "neither"),
  };
}

/** Which system most participants chose, by item and pair. */
class Majorities {
  private readonly counts = new Map<string, number>();

  constructor(answers: readonly AnswerRow[]) {
    for (const answer of answers) if (answer.chosen !== null && !answer.check) this.add(answer, 1);
  }

  private add(answer: AnswerRow, step: number): void {
    const key = keyOf(answer, answer.chosen);
    this.counts.set(key, (this.counts.get(key) ?? 0) + step);
  }

  /** The share of one participant's decided answers that agree with the majority of the others. */
  agreement(own: readonly AnswerRow[]): number | null {
    const others = own.flatMap((answer) => {
      if (answer.chosen === null) return [];
      const same = (this.counts.get(keyOf(answer, answer.chosen)) ?? 0) - 1;
      const different = this.counts.get(keyOf(answer, answer.chosen === answer.left ? answer.right : answer.left)) ?? 0;
      return same === different ? [] : [same > different];
    });
    return others.length > 0 ? others.filter(Boolean).length / others.length : null;
  }
}

const keyOf = ({ item, left, right }: AnswerRow, chosen: string | null): string =>
  JSON.stringify([item, ...[left, right ?? ""].sort(), chosen]);
