import { binomialProbability, incompleteBeta, inverseIncompleteBeta } from "./incomplete-beta.js";

/** A relative difference of probabilities that rounding can cause, as in scipy and R. */
const ROUNDING = 1 + 1e-7;

/** The probability of at least `k` successes in `n` trials of probability `p`. */
export const upperTail = (k: number, n: number, p: number): number =>
  k <= 0 ? 1 : k > n ? 0 : incompleteBeta(p, k, n - k + 1);

/** The probability of at most `k` successes in `n` trials of probability `p`. */
export const lowerTail = (k: number, n: number, p: number): number =>
  k < 0 ? 0 : k >= n ? 1 : incompleteBeta(1 - p, n - k, k + 1);

/**
 * The two-sided p-value of the exact binomial test: the probability, under `p`, of all numbers of successes that are at most
 * as probable as `k`. As `binom.test` of R and `binomtest` of scipy.
 * @throws RangeError when `k` or `n` is no count, or `p` is no probability.
 */
export function binomialTest(k: number, n: number, p = 0.5): number {
  requireCounts(k, n);
  if (!(p >= 0 && p <= 1)) throw new RangeError(`a probability is between 0 and 1; given: ${p}`);
  if (k === n * p) return 1;
  const limit = binomialProbability(k, n, p) * ROUNDING;
  const isRare = (successes: number) => binomialProbability(successes, n, p) <= limit;
  if (k < n * p) {
    const first = firstWhere(Math.ceil(n * p), n + 1, isRare);
    return Math.min(1, lowerTail(k, n, p) + upperTail(first, n, p));
  }
  const least = Math.floor(n * p);
  const last = least - firstWhere(0, least + 1, (below) => isRare(least - below));
  return Math.min(1, lowerTail(last, n, p) + upperTail(k, n, p));
}

/** The first integer from `start` to `end` - 1 for which a condition holds that then holds for all later ones; or `end`. */
function firstWhere(start: number, end: number, holds: (integer: number) => boolean): number {
  let [low, high] = [start, end];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/**
 * The exact 95 % confidence interval of a proportion (Clopper and Pearson 1934), 0..1; [0, 1] when n is 0.
 * @throws RangeError when `k` or `n` is no count.
 */
export function clopperPearson(k: number, n: number): [low: number, high: number] {
  requireCounts(k, n);
  return realClopperPearson(k, n);
}

/** The interval of Clopper and Pearson for numbers that need not be integers, such as effective sample sizes. */
export const realClopperPearson = (k: number, n: number): [low: number, high: number] => [
  k <= 0 ? 0 : inverseIncompleteBeta(0.025, k, n - k + 1),
  k >= n ? 1 : inverseIncompleteBeta(0.975, k + 1, n - k),
];

/** The two-sided p-value of the sign test: as many wins as losses are expected; ties are left out. */
export const signTest = (wins: number, losses: number): number => binomialTest(wins, wins + losses);

function requireCounts(k: number, n: number): void {
  if (!(Number.isSafeInteger(k) && Number.isSafeInteger(n) && k >= 0 && k <= n))
    throw new RangeError(`a number of successes is an integer between 0 and the number of trials; given: ${k} of ${n}`);
}
