/** Answers in two crossed groupings: the participant and the item of each. */
export interface Crossed {
  /** The index of each answer's participant, from 0 to `participants` - 1; each has an answer. */
  readonly participant: Int32Array;
  readonly participants: number;
  /** Likewise of its item. */
  readonly item: Int32Array;
  readonly items: number;
}

/** Numbers the participants and the items of answers. */
export function crossedOf(answers: readonly { readonly participant: string; readonly item: string }[]): Crossed {
  const [participants, participant] = numbered(answers.map((answer) => answer.participant));
  const [items, item] = numbered(answers.map((answer) => answer.item));
  return { participants, participant, items, item };
}

function numbered(names: readonly string[]): [count: number, indices: Int32Array] {
  const index = new Map<string, number>();
  for (const name of names) if (!index.has(name)) index.set(name, index.size);
  return [index.size, Int32Array.from(names, (name) => index.get(name) as number)];
}

/** How often a resample contains each participant and each item. */
export interface Copies {
  readonly participants: Uint32Array;
  readonly items: Uint32Array;
}

/** Copies of which each is there once. */
export const once = ({ participants, items }: Crossed): Copies => ({
  participants: new Uint32Array(participants).fill(1),
  items: new Uint32Array(items).fill(1),
});

/**
 * The variance of a figure if answers of the same participant and answers to the same item depend on each other: that between
 * participants, plus that between items, minus that of single answers; at least the larger of the first two, because the
 * difference can be negative. Source: Cameron, Gelbach and Miller 2011, "Robust inference with multiway clustering", eq. 2.13.
 * Copies of a participant or an item count as different ones.
 * @param influences of each answer on the figure: its derivative by the weight of the answer. Their weighted sum is 0.
 * @returns NaN with fewer than two participants or items.
 */
export function crossedVariance(influences: Float64Array, crossed: Crossed, copies: Copies): number {
  const byParticipant = new Float64Array(crossed.participants);
  const byItem = new Float64Array(crossed.items);
  let single = 0;
  for (let k = 0; k < influences.length; k++) {
    const influence = influences[k] as number;
    const i = crossed.participant[k] as number;
    const j = crossed.item[k] as number;
    const u = copies.participants[i] as number;
    const v = copies.items[j] as number;
    byParticipant[i] = (byParticipant[i] as number) + v * influence;
    byItem[j] = (byItem[j] as number) + u * influence;
    single += u * v * influence * influence;
  }
  const participants = betweenClusters(byParticipant, copies.participants);
  const items = betweenClusters(byItem, copies.items);
  return Math.max(participants, items, participants + items - single);
}

function betweenClusters(sums: Float64Array, copies: Uint32Array): number {
  let variance = 0;
  for (const [i, sum] of sums.entries()) variance += (copies[i] as number) * sum * sum;
  return (variance * sums.length) / (sums.length - 1);
}
