import { type Random, randomAt } from "../../random.js";
import type { Choice, StudyDefinition, StudyItem } from "../definition.js";
import { isAccepted } from "../names.js";
import type { Answer } from "../protocol.js";
import type { SeenTrial } from "./seen-trial.js";

/** How simulated participants behave. Shares are from 0 to 1. */
export interface Behavior {
  /** The share of decided answers with which a system is chosen over one without an entry; 0.5 is no preference. */
  readonly prefer: Readonly<Record<string, number>>;
  /** The share of right names of a system. Default: 0.8. */
  readonly accuracy: Readonly<Record<string, number>>;
  /** The share of ties, and of answers that neither set of labels describes the image. */
  readonly ties: number;
  readonly neither: number;
  /** The share of left choices without a preference; 0.5 is no bias. */
  readonly left: number;
  /** The share of answers that are given at random. */
  readonly lapses: number;
  /** Standard deviations of the preference, in log-odds, between items and between participants. */
  readonly itemSpread: number;
  readonly participantSpread: number;
  /** The median time of an answer in milliseconds. */
  readonly milliseconds: number;
  /** The last so many participants answer at random, in a tenth of the time. */
  readonly careless: number;
}

/** The accuracy of names without an entry. */
const ACCURACY = 0.8;
/** Standard deviations of the logarithm of times: of one participant's answers, and between participants. */
const [TIME_SPREAD, PACE_SPREAD] = [0.5, 0.2];
/** No simulated answer is faster. */
const FASTEST = 150;

/** Streams of random numbers; participants and their trials follow after them. */
const STREAMS = { items: 0, participants: 1, trials: 2 } as const;

/** A simulated participant: answers follow from the seed, the number and the trials alone. */
export class SimulatedParticipant {
  readonly number: number;
  private readonly definition: StudyDefinition;
  private readonly behavior: Behavior;
  private readonly seed: number;
  private readonly isCareless: boolean;
  private readonly pace: number;
  private readonly effects: Readonly<Record<string, number>>;

  /** @param number from 0 to `count` - 1. */
  constructor(definition: StudyDefinition, behavior: Behavior, seed: number, number: number, count: number) {
    this.number = number;
    this.definition = definition;
    this.behavior = behavior;
    this.seed = seed;
    this.isCareless = number >= count - behavior.careless;
    const random = randomAt(seed, STREAMS.participants, number);
    this.pace = Math.exp(PACE_SPREAD * random.normal());
    this.effects = effectsOf(definition.systems, behavior.participantSpread, random);
  }

  /** The answer to a trial. */
  answer(seen: SeenTrial): Answer {
    const random = randomAt(this.seed, STREAMS.trials, this.number, seen.trial);
    const { item } = seen;
    const isRandom = this.isCareless || random.uniform() < this.behavior.lapses;
    const given =
      item.kind === "naming"
        ? { name: this.name(seen, item, isRandom, random), exposure: this.definition.exposure }
        : { choice: this.choice(seen, isRandom, random) };
    const isPhone = this.number % 2 === 1;
    return {
      trial: seen.trial,
      ...given,
      milliseconds: this.time(random),
      input: isPhone ? "touch" : "pointer",
      viewport: isPhone ? [390, 844] : [1280, 800],
    };
  }

  private choice({ item, left, right }: SeenTrial, isRandom: boolean, random: Random): Choice {
    if (isRandom) return random.uniform() < 0.5 ? "left" : "right";
    if (item.kind !== "naming" && item.check !== undefined) return left === item.check ? "left" : "right";
    const { ties, neither, left: leftShare } = this.behavior;
    const undecided = random.uniform();
    if (undecided < ties) return "tie";
    if (item.kind === "labels" && undecided < ties + neither) return "neither";
    const difference = this.strength(left, item) - this.strength(right ?? left, item) + logOdds(leftShare);
    return random.uniform() < shareOf(difference) ? "left" : "right";
  }

  private strength(system: string, item: StudyItem): number {
    return logOdds(this.behavior.prefer[system] ?? 0.5) + this.effect(system, item);
  }

  /** The effects of the participant and the item on a system; the reference has none. */
  private effect(system: string, item: StudyItem): number {
    const index = this.definition.items.findIndex(({ id }) => id === item.id);
    const random = randomAt(this.seed, STREAMS.items, index);
    const ofItem = effectsOf(this.definition.systems, this.behavior.itemSpread, random);
    return (this.effects[system] ?? 0) + (ofItem[system] ?? 0);
  }

  private name({ left }: SeenTrial, item: StudyItem & { kind: "naming" }, isRandom: boolean, random: Random): string {
    const accuracy =
      item.check === true ? 1 : shareOf(logOdds(this.behavior.accuracy[left] ?? ACCURACY) + this.effect(left, item));
    const [right = ""] = item.choices?.filter((name) => isAccepted(name, item.accepted)) ?? item.accepted;
    if (!isRandom && random.uniform() < accuracy) return right;
    const names =
      item.choices ??
      this.definition.items.flatMap((other) => (other.kind === "naming" ? other.accepted.slice(0, 1) : []));
    const wrong = names.filter((name) => !isAccepted(name, item.accepted));
    return wrong[random.integer(Math.max(1, wrong.length))] ?? "something else";
  }

  private time(random: Random): number {
    const { milliseconds } = this.behavior;
    const median = this.isCareless ? milliseconds / 10 : milliseconds;
    return Math.max(FASTEST, Math.round(median * this.pace * Math.exp(TIME_SPREAD * random.normal())));
  }
}

/** A random effect of each system except the reference. */
const effectsOf = (systems: readonly string[], spread: number, random: Random): Record<string, number> =>
  Object.fromEntries(systems.slice(1).map((system) => [system, spread * random.normal()]));

/** Log-odds of a share; a share of 0 or 1 is nearly certain. */
const logOdds = (share: number): number => {
  const inside = Math.min(1 - 1e-9, Math.max(1e-9, share));
  return Math.log(inside / (1 - inside));
};

const shareOf = (odds: number): number => 1 / (1 + Math.exp(-odds));
