import { lowerTail, upperTail } from "./binomial.js";
import { studentQuantile } from "./incomplete-beta.js";

/** The level of all tests. */
const LEVEL = 0.05;

/** The power of the exact two-sided binomial test of 1/2 at level 0.05, if `n` independent answers prefer one side with probability `share`. */
export function binomialPower(n: number, share: number): number {
  const most = rejectedBelow(n) - 1;
  return Math.min(1, lowerTail(most, n, share) + upperTail(n - most, n, share));
}

/** The number of successes from 0 on that are rejected on the lower side: twice their tail is at most the level. */
function rejectedBelow(n: number): number {
  let [low, high] = [0, Math.ceil(n / 2)];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (2 * lowerTail(middle, n, 0.5) > LEVEL) high = middle;
    else low = middle + 1;
  }
  return low;
}

/**
 * The number of independent decided answers from which on the power of the exact test is at least `power`. Power is no monotonic
 * function of the number; smaller numbers that happen to suffice are not returned.
 * @param share the true share of one side, not 1/2.
 */
export function requiredAnswers(share: number, power: number): number {
  if (!(share >= 0 && share <= 1 && share !== 0.5))
    throw new RangeError(`the share to detect is between 0 and 1, and not 0.5; given: ${share}`);
  if (!(power > 0 && power < 1)) throw new RangeError(`a power is between 0 and 1; given: ${power}`);
  const sum = normalQuantile(1 - LEVEL / 2) / 2 + normalQuantile(power) * Math.sqrt(share * (1 - share));
  const approximate = (Math.max(0, sum) / (share - 0.5)) ** 2;
  const start = Math.max(1, Math.floor(approximate - 4 * Math.sqrt(approximate)) - 20);
  let insufficient = start - 1;
  for (let n = start; n - insufficient <= beat(n); n++) if (binomialPower(n, share) < power) insufficient = n;
  return insufficient + 1;
}

/** The jumps of the power repeat after about 2 √n numbers. */
const beat = (n: number): number => 4 * Math.sqrt(n) + 20;

/** A t distribution of so many degrees of freedom is a normal distribution to 7 digits. */
const normalQuantile = (q: number): number => studentQuantile(q, 1e7);

/** A study of crossed participants and items, whose answers depend on each other. */
export interface PlannedStudy {
  /** The share to detect. */
  readonly share: number;
  readonly power: number;
  readonly items: number;
  /** Trials of one participant, each about another item. */
  readonly trials: number;
  /** The share of ties; they decide nothing. */
  readonly ties: number;
  /** The share of the variance of decided answers, as 0 and 1, that is between participants and between items. */
  readonly participantVariance: number;
  readonly itemVariance: number;
}

export interface Plan {
  /** Decided answers if all were independent. */
  readonly answers: number;
  /** Participants that are needed; null: no number suffices with so few items. */
  readonly participants: number | null;
  /** How many times as many answers are needed because they depend on each other; null likewise. */
  readonly designEffect: number | null;
  /** The items with which some number of participants suffices. */
  readonly leastItems: number;
}

/**
 * The number of participants from which on a study detects a share. With N participants of m decided answers about K items, the
 * mean of n independent answers varies as much as that of the study if 1/n = p/N + i/K + (1 - p - i)/(N m), where p and i are the
 * shares of variance between participants and items (the intraclass correlations). Few participants or items widen intervals as
 * Student's t does.
 * @throws RangeError when the share is 1/2 or a number is out of range.
 */
export function requiredParticipants(study: PlannedStudy): Plan {
  const { share, power, items, trials, ties, participantVariance, itemVariance } = study;
  const answers = requiredAnswers(share, power);
  const decided = trials * (1 - ties);
  const noise = 1 - participantVariance - itemVariance;
  if (noise < 0) throw new RangeError("the shares of variance between participants and between items exceed 1");
  const perParticipant = participantVariance + noise / decided;
  const isEnough = (participants: number) => {
    const needed = answers * widening(Math.min(participants, items), study);
    return (perParticipant / participants + itemVariance / items) * needed <= 1 + 1e-12; // rounding
  };
  const leastItems = Math.max(
    2,
    trials,
    smallest((count) => count / itemVariance > answers * widening(count, study)),
  );
  if (items < leastItems) return { answers, participants: null, designEffect: null, leastItems };
  const participants = smallest(isEnough);
  return { answers, participants, designEffect: (participants * decided) / answers, leastItems };
}

/** How many times as many answers are needed because the interval has a quantile of Student's t. */
function widening(clusters: number, { power, participantVariance, itemVariance }: PlannedStudy): number {
  if (participantVariance === 0 && itemVariance === 0) return 1;
  const [exact, beta] = [normalQuantile(1 - LEVEL / 2), normalQuantile(power)];
  return ((studentQuantile(1 - LEVEL / 2, Math.max(1, clusters - 1)) + beta) / (exact + beta)) ** 2;
}

/** The smallest number from 2 on for which a condition holds that then holds for all larger ones. */
function smallest(holds: (count: number) => boolean): number {
  let high = 2;
  while (!holds(high)) high *= 2;
  let low = high === 2 ? 1 : high / 2;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (holds(middle)) high = middle;
    else low = middle;
  }
  return high;
}
