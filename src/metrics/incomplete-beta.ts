/*
 * The incomplete beta function, from which binomial tails, exact intervals and Student's t follow. Its factor is computed by
 * Loader's method, whose error does not grow with n, unlike that of a difference of logarithms of the gamma function.
 */

/** Below this, Stirling's series is not accurate enough. */
const SERIES_FROM = 15;

/** ln Γ(x + 1) - ln(√(2π x) (x / e)^x) of x > 0: the error of Stirling's formula. */
function stirlingError(x: number): number {
  let sum = 0;
  let at = x;
  for (; at < SERIES_FROM; at++) sum += (at + 0.5) * Math.log1p(1 / at) - 1;
  const square = at * at;
  return sum + (1 / 12 - (1 / 360 - (1 / 1260 - (1 / 1680 - 1 / 1188 / square) / square) / square) / square) / at;
}

/** x ln(x / mean) + mean - x, without cancellation where x is close to the mean. */
function deviance(x: number, mean: number): number {
  if (Math.abs(x - mean) >= 0.1 * (x + mean)) return x * Math.log(x / mean) + mean - x;
  const v = (x - mean) / (x + mean);
  let sum = (x - mean) * v;
  let term = 2 * x * v;
  for (let i = 1; ; i++) {
    term *= v * v;
    const next = sum + term / (2 * i + 1);
    if (next === sum) return next;
    sum = next;
  }
}

/**
 * The binomial probability Γ(n + 1) / (Γ(x + 1) Γ(n - x + 1)) · p^x · (1 - p)^(n - x), for any real 0 ≤ x ≤ n.
 * Source: Loader 2000, "Fast and accurate computation of binomial probabilities".
 */
export function binomialProbability(x: number, n: number, p: number): number {
  if (p === 0) return x === 0 ? 1 : 0;
  if (p === 1) return x === n ? 1 : 0;
  if (x === 0) return Math.exp(n * Math.log1p(-p));
  if (x === n) return p ** n;
  const error = stirlingError(n) - stirlingError(x) - stirlingError(n - x);
  const exponent = error - deviance(x, n * p) - deviance(n - x, n * (1 - p));
  return Math.exp(exponent) * Math.sqrt(n / (2 * Math.PI * x * (n - x)));
}

/** The regularized incomplete beta function I_x(a, b) of 0 ≤ x ≤ 1, a > 0 and b > 0: the distribution function of beta. */
export function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const factor = (binomialProbability(a, a + b, x) * a * b) / (a + b);
  return x < (a + 1) / (a + b + 2)
    ? (factor / a) * continuedFraction(x, a, b)
    : 1 - (factor / b) * continuedFraction(1 - x, b, a);
}

/** The continued fraction of I_x(a, b) for x < (a + 1) / (a + b + 2), by Lentz's method. Source: DLMF 8.17.22. */
function continuedFraction(x: number, a: number, b: number): number {
  let [c, d] = [1, 1 / (1 - ((a + b) * x) / (a + 1))];
  let fraction = d;
  for (let m = 1; ; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / (1 + even * d);
    c = 1 + even / c;
    fraction *= c * d;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / (1 + odd * d);
    c = 1 + odd / c;
    fraction *= c * d;
    if (Math.abs(c * d - 1) < 1e-15) return fraction;
  }
}

/** The x in [0, 1] with I_x(a, b) = q, by bisection. */
export function inverseIncompleteBeta(q: number, a: number, b: number): number {
  let [low, high] = [0, 1];
  for (;;) {
    const middle = (low + high) / 2;
    if (middle === low || middle === high) return middle;
    if (incompleteBeta(middle, a, b) < q) low = middle;
    else high = middle;
  }
}

/** The `q` quantile of Student's t distribution with `df` > 0 degrees of freedom. */
export function studentQuantile(q: number, df: number): number {
  if (q === 0.5) return 0;
  const x = inverseIncompleteBeta(2 * Math.min(q, 1 - q), df / 2, 0.5);
  return Math.sign(q - 0.5) * Math.sqrt((df * (1 - x)) / x);
}
