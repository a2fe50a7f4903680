import { shuffled } from "../random.js";
import type { StudyDefinition, StudyItem } from "./definition.js";

/** A trial of one participant, with the systems that only the server knows. */
export interface AssignedTrial {
  /** The position in the participant's order, from 0. */
  readonly trial: number;
  readonly item: StudyItem;
  /** The system on the left; of a naming trial that of its image. */
  readonly left: string;
  /** The system on the right; null: a naming trial. */
  readonly right: string | null;
  /** Whether it is an attention check. */
  readonly check: boolean;
}

/** Independent streams of random numbers. */
const STREAMS = { items: 0, checks: 1, order: 2, positions: 3 } as const;

/** What is shown of an item: one system, or two with their sides. */
type Condition = readonly [left: string, right: string | null];

/**
 * The trials of participant number k. They follow from the definition's seed and k alone. After any number of participants, the
 * numbers of times that two items were seen differ by at most 1, and so do the left and right sides of an item and of a participant.
 * Pairs of systems, or systems of naming trials, are used equally often in each item. No participant sees an item twice. Attention
 * checks are spread over the order: one at a random position in each of `checks` equal parts.
 * @param k the number of the participant, from 0.
 */
export function assignedTrials({ items, systems, trials, checks, seed }: StudyDefinition, k: number): AssignedTrial[] {
  const regular = items.filter((item) => !isCheck(item));
  const attention = items.filter(isCheck);
  const own = balanced(regular, trials, () => systems, { seed, k, stream: STREAMS.items });
  const checking = balanced(attention, checks, systemsOf, { seed, k, stream: STREAMS.checks });
  const order = shuffled(own.length, seed, streamAt(STREAMS.order, k));
  const inOrder = [...order].map((index) => own[index] as Omit<AssignedTrial, "trial">);
  return withChecks(inOrder, checking, seed, k).map((assigned, trial) => ({ trial, ...assigned }));
}

/** The epoch of `shuffled` that belongs to a stream and an index. */
const streamAt = (stream: number, index: number): number => index * Object.keys(STREAMS).length + stream;

/** Whether an item is an attention check. */
export const isCheck = ({ check }: StudyItem): boolean => check !== undefined && check !== false;

/** The systems of an item. */
export const systemsOf = (item: StudyItem): string[] => Object.keys(item.kind === "labels" ? item.labels : item.images);

/** Every condition of some systems; consecutive ones have the sides swapped. */
function conditionsOf({ kind }: StudyItem, systems: readonly string[]): Condition[] {
  if (kind === "naming") return systems.map((system) => [system, null]);
  return systems.flatMap((a, i) =>
    systems.slice(i + 1).flatMap((b): Condition[] => [
      [a, b],
      [b, a],
    ]),
  );
}

/**
 * The items of participant k with their conditions. All participants read one endless sequence of slots, `count` slots each: the
 * items in a random order, again and again. Condition numbers increase by one from slot to slot; where the number of items and that
 * of conditions share a divisor, each item's conditions are shifted by one whenever they would repeat. After a period, in which every
 * item had every condition equally often, the order is drawn anew.
 */
function balanced(
  items: readonly StudyItem[],
  count: number,
  systemsFor: (item: StudyItem) => readonly string[],
  { seed, k, stream }: { readonly seed: number; readonly k: number; readonly stream: number },
): Omit<AssignedTrial, "trial">[] {
  const [first] = items;
  if (!first || count === 0) return [];
  const n = items.length;
  const q = conditionsOf(first, systemsFor(first)).length;
  const participants = (n * q) / divisor(n * q, count);
  const order = shuffled(n, seed, streamAt(stream, Math.floor(k / participants)));
  const common = divisor(n, q);
  return Array.from({ length: count }, (_, i) => {
    const slot = (k % participants) * count + i;
    const round = Math.floor(slot / n);
    const shift = Math.floor(round / (q / common)) % common;
    const item = items[order[slot % n] as number] as StudyItem;
    const conditions = conditionsOf(item, systemsFor(item));
    const [left, right] = conditions[(slot + shift) % conditions.length] as Condition;
    return { item, left, right, check: isCheck(item) };
  });
}

/** The greatest common divisor. */
const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b));

/** Trials with a check at a random position in each of as many equal parts. */
function withChecks<T>(trials: readonly T[], checks: readonly T[], seed: number, k: number): T[] {
  const total = trials.length + checks.length;
  const start = (part: number) => Math.floor((part * total) / checks.length);
  const positions = new Map(
    checks.map((check, part) => {
      const size = start(part + 1) - start(part);
      const within = shuffled(size, seed, streamAt(STREAMS.positions, k * 128 + part))[0] as number;
      return [start(part) + within, check];
    }),
  );
  const rest = trials.values();
  return Array.from({ length: total }, (_, i) => positions.get(i) ?? (rest.next().value as T));
}
