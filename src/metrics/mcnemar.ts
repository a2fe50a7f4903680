/** Fewer discordant pairs than this are tested exactly. */
const EXACT_BELOW = 25;

/**
 * The two-sided p-value of McNemar's test for paired outcomes: `b` pairs are right only on the first side, `c` only on the
 * second. The exact binomial test below 25 discordant pairs, otherwise chi-squared with Edwards' continuity correction:
 * (|b - c| - 1)² / (b + c), one degree of freedom. 1 where b equals c.
 */
export function mcnemar(b: number, c: number): number {
  if (b === c) return 1;
  const n = b + c;
  if (n < EXACT_BELOW) return Math.min(1, 2 * binomialTail(n, Math.min(b, c)));
  return chiSquaredTail((Math.abs(b - c) - 1) ** 2 / n);
}

/** The probability of at most `k` heads in `n` tosses of a fair coin. */
function binomialTail(n: number, k: number): number {
  let [ways, sum] = [1, 1];
  for (let i = 1; i <= k; i++) {
    ways = (ways * (n - i + 1)) / i;
    sum += ways;
  }
  return sum / 2 ** n;
}

/** The probability that chi-squared with one degree of freedom exceeds `x`: erfc(√(x / 2)). */
const chiSquaredTail = (x: number): number => erfc(Math.sqrt(x / 2));

/** The complementary error function of z ≥ 0 (Abramowitz and Stegun 7.1.6 and 7.1.14). */
function erfc(z: number): number {
  if (z < 2) {
    let [term, sum] = [z, z];
    for (let n = 1; term > 1e-17 * sum; n++) {
      term *= (2 * z * z) / (2 * n + 1);
      sum += term;
    }
    return 1 - (2 / Math.sqrt(Math.PI)) * Math.exp(-z * z) * sum;
  }
  let fraction = z;
  for (let n = 60; n > 0; n--) fraction = z + n / 2 / fraction;
  return Math.exp(-z * z) / (fraction * Math.sqrt(Math.PI));
}
