/** A class and the score that a classifier gave it. */
export interface ClassScore {
  readonly class: number;
  readonly score: number;
}

/** Classes in a ranking: the top 5 and the next one, which shows a tie for fifth place. */
const LENGTH = 6;

/**
 * The first classes by score, highest first; of equal scores the lower class first. NaN comes before every number, since
 * `rankOf` counts it as ahead.
 * @param scores [rows, classes], flattened; the row begins at `offset`.
 */
export function rankingOf(scores: ArrayLike<number>, offset: number, classes: number): ClassScore[] {
  const ranking: ClassScore[] = [];
  for (let index = 0; index < classes; index++) {
    const score = scores[offset + index] as number;
    if (ranking.length === LENGTH && !isBefore(score, (ranking[LENGTH - 1] as ClassScore).score)) continue;
    const place = ranking.findIndex((other) => isBefore(score, other.score));
    ranking.splice(place < 0 ? ranking.length : place, 0, { class: index, score });
    ranking.length = Math.min(ranking.length, LENGTH);
  }
  return ranking;
}

const isBefore = (a: number, b: number): boolean => (Number.isNaN(a) ? !Number.isNaN(b) : a > b);

/**
 * How many other classes are ahead of `label`: top-1 is right where this is 0, top-5 where it is below 5. Another class
 * of equal score counts as ahead, and so does every class where one of the two scores is NaN, so that an output without
 * information is never right. Exact below 5, which is all that top-1 and top-5 need.
 * @returns Infinity where the class is not in the ranking.
 */
export function rankOf(ranking: readonly ClassScore[], label: number): number {
  const own = ranking.find((each) => each.class === label);
  if (!own) return Number.POSITIVE_INFINITY;
  return ranking.filter((other) => other !== own && !(other.score < own.score)).length;
}
