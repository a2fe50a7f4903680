import { signTest } from "../../metrics/binomial.js";
import { type CrossedFigure, crossedShare } from "../../metrics/crossed-bootstrap.js";
import type { AnswerRow } from "../answers.js";
import { type Proportion, proportionOf } from "./proportion.js";

/** How often participants prefer one system over another. */
export interface Preference {
  /** The system whose share is given, and the one that it is compared with. */
  readonly system: string;
  readonly over: string;
  readonly answers: number;
  readonly wins: number;
  readonly losses: number;
  readonly ties: number;
  /** Answers that neither is good; they count as ties in the sensitivity analysis. */
  readonly neither: number;
  /** The share of wins among decided answers. */
  readonly decided: Proportion;
  /** The sign test of wins against losses, as if all answers were independent. */
  readonly signTest: number;
  /** The share if each tie is half a win, with the interval over participants and items; null without answers. */
  readonly tiesSplit: CrossedFigure | null;
  /** Participants who prefer the system more often than the other, less often, or as often; and the sign test of the first two. */
  readonly participants: {
    readonly more: number;
    readonly less: number;
    readonly equal: number;
    readonly signTest: number;
  };
}

/** @param answers that are no attention checks. */
export function preferenceOf(answers: readonly AnswerRow[], system: string, over: string, seed: number): Preference {
  const compared = answers.filter(({ left, right }) => isPair([left, right], system, over));
  const points = compared.map(({ participant, item, chosen }) => ({
    participant,
    item,
    value: pointsOf(chosen, system),
  }));
  const decided = points.filter(({ value }) => value !== 0.5);
  const wins = decided.filter(({ value }) => value === 1).length;
  const neither = compared.filter(({ choice }) => choice === "neither").length;
  return {
    ...{ system, over, answers: compared.length, wins, losses: decided.length - wins, neither },
    ties: compared.length - decided.length - neither,
    decided: proportionOf(decided, seed),
    signTest: signTest(wins, decided.length - wins),
    tiesSplit: points.length > 0 ? crossedShare(points, { seed }) : null,
    participants: byParticipant(decided),
  };
}

const isPair = (sides: readonly (string | null)[], a: string, b: string): boolean =>
  sides.includes(a) && sides.includes(b);

/** 1: the system was chosen, 0: the other one, 1/2: none. */
const pointsOf = (chosen: string | null, system: string): number => (chosen === null ? 0.5 : Number(chosen === system));

function byParticipant(decided: readonly { readonly participant: string; readonly value: number }[]) {
  const balance = new Map<string, number>();
  for (const { participant, value } of decided)
    balance.set(participant, (balance.get(participant) ?? 0) + (value === 1 ? 1 : -1));
  const balances = [...balance.values()];
  const more = balances.filter((each) => each > 0).length;
  const less = balances.filter((each) => each < 0).length;
  return { more, less, equal: balances.length - more - less, signTest: signTest(more, less) };
}
