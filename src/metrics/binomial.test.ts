import assert from "node:assert/strict";
import { test } from "node:test";
import { binomialTest, clopperPearson, lowerTail, signTest, upperTail } from "./binomial.js";
import { incompleteBeta, inverseIncompleteBeta, studentQuantile } from "./incomplete-beta.js";

const near = (got: number, want: number, tolerance = 1e-10): void =>
  assert.ok(Math.abs(got - want) <= tolerance * Math.abs(want), `${got} instead of ${want}`);

/** scipy 1.17.1: binomtest(k, n, p): pvalue and proportion_ci(0.95, "exact") */
for (const [k, n, p, pValue, low, high] of [
  [0, 1, 0.5, 1.0, 0.0, 0.975],
  [7, 20, 0.5, 0.26317596435546875, 0.1539092047845412, 0.5921885345328283],
  [12, 20, 0.5, 0.5034446716308594, 0.3605425873072448, 0.8088099392744295],
  [20, 20, 0.5, 1.9073486328125e-6, 0.8315665290169145, 1.0],
  [60, 100, 0.5, 0.05688793364098089, 0.4972091504223335, 0.6967052312971551],
  [3, 15, 0.1, 0.18406106910639106, 0.04331200510583602, 0.48089113380685317],
  [0, 50, 0.02, 0.6283982856253909, 0.0, 0.07112173646420458],
  [5200, 10000, 0.5, 6.593515598672343e-5, 0.510153394719865, 0.5298349514860569],
  [501500, 1000000, 0.5, 0.002708655306059374, 0.5005195192607992, 0.5024804720503777],
  [40, 1000000, 5e-5, 0.17832424869085017, 2.8576735375899035e-5, 5.4468252917014996e-5],
  [999990, 1000000, 0.99998, 0.024284984135978335, 0.9999816097211081, 0.9999952046015905],
  [300, 1000, 0.25, 0.0003406294413669343, 0.27172111212914873, 0.32946167869736503],
  [10, 10, 0.3, 5.9048999999999975e-6, 0.6915028921812371, 1.0],
  [682, 1000, 0.6, 9.40757104231634e-8, 0.6521316996717954, 0.7107923449360712],
] as const)
  test(`the exact test and interval of ${k} of ${n} against ${p} are those of scipy`, () => {
    near(binomialTest(k, n, p), pValue);
    const [gotLow, gotHigh] = clopperPearson(k, n);
    near(gotLow, low);
    near(gotHigh, high);
  });

/** scipy 1.17.1: beta.cdf(x, a, b) */
for (const [a, b, x, want] of [
  [0.5, 0.5, 0.3, 0.36901011956554536],
  [2, 3, 0.4, 0.5248],
  [0.001, 10, 0.1, 0.9997810897668135],
  [50.5, 0.5, 0.99, 0.31488476145081934],
  [100000, 100000, 0.501, 0.8144532554424423],
  [1000000, 3, 0.999999, 0.9196983270134521],
  [1e-5, 1e-5, 0.5, 0.5],
  [3, 1e7, 2e-7, 0.3233236920851729],
  [200, 300, 0.2, 8.175330430038738e-25],
] as const)
  test(`the incomplete beta function of ${a}, ${b} at ${x} is that of scipy, and its inverse leads back`, () => {
    near(incompleteBeta(x, a, b), want, 1e-9);
    near(incompleteBeta(inverseIncompleteBeta(want, a, b), a, b), want, 1e-9);
  });

/** scipy 1.17.1: t.ppf(q, df) */
for (const [q, df, want] of [
  [0.975, 1, 12.706204736174694],
  [0.975, 5, 2.5705818356363146],
  [0.975, 19, 2.0930240544083087],
  [0.975, 1000, 1.9623390808264083],
  [0.9, 2.5, 1.7302509288071766],
  [0.025, 7, -2.3646242515927844],
  [0.5, 3, 0],
] as const)
  test(`the ${q} quantile of Student's t with ${df} degrees of freedom is that of scipy`, () => {
    near(studentQuantile(q, df), want);
  });

test("without trials, nothing is known: the interval is [0, 1] and p is 1", () => {
  assert.deepEqual(clopperPearson(0, 0), [0, 1]);
  assert.equal(signTest(0, 0), 1);
});

test("the two tails of a binomial distribution add up to 1", () => {
  for (const k of [0, 1, 17, 40, 41]) near(lowerTail(k - 1, 40, 0.3) + upperTail(k, 40, 0.3), 1, 1e-14);
});

test("numbers that are no counts or no probabilities are refused", () => {
  for (const [k, n] of [
    [3, 2],
    [-1, 2],
    [0.5, 2],
    [Number.NaN, 2],
  ] as const)
    assert.throws(() => clopperPearson(k, n), RangeError);
  assert.throws(() => binomialTest(1, 2, 1.1), RangeError);
});
