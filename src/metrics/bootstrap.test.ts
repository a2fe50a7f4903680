import assert from "node:assert/strict";
import { test } from "node:test";
import { pairedBootstrap, wilson } from "./bootstrap.js";

const near = (got: number, want: number, tolerance: number): void =>
  assert.ok(Math.abs(got - want) <= tolerance, `${got} instead of ${want}`);

/** Newcombe 1998 (Statistics in Medicine 17, 857-872), table I, method 3. */
for (const [successes, n, low, high] of [
  [81, 263, 0.2553, 0.3662],
  [15, 148, 0.0624, 0.1605],
  [0, 20, 0, 0.1611],
] as const)
  test(`Wilson's interval of ${successes} in ${n} is the published one`, () => {
    const [gotLow, gotHigh] = wilson(successes, n);
    near(gotLow, low, 5e-5);
    near(gotHigh, high, 5e-5);
  });

/** Fixed values, evenly distributed: the fractional parts of multiples of the golden ratio. */
const spread = (n: number): number[] => Array.from({ length: n }, (_, i) => (i * 0.6180339887498949) % 1);

test("the bootstrap's interval is that of the normal distribution for many values", () => {
  const a = spread(500);
  const { difference, low, high } = pairedBootstrap(a, new Array<number>(500).fill(0.25));
  const standardError = Math.sqrt(1 / 12 / 500);
  near(difference, 0.25, 0.005);
  near(low, difference - 1.96 * standardError, 0.1 * standardError);
  near(high, difference + 1.96 * standardError, 0.1 * standardError);
});

test("a constant difference between paired values has an interval of no width", () => {
  const b = spread(50);
  const { low, high } = pairedBootstrap(
    b.map((value) => value + 2),
    b,
  );
  near(low, 2, 1e-12);
  near(high, 2, 1e-12);
});

test("the same seed gives the same interval, another seed another", () => {
  const [a, b] = [spread(40), new Array<number>(40).fill(0)];
  assert.deepEqual(pairedBootstrap(a, b, 7), pairedBootstrap(a, b, 7));
  assert.notEqual(pairedBootstrap(a, b, 7).low, pairedBootstrap(a, b, 8).low);
});

test("values that differ in number are refused", () => {
  assert.throws(() => pairedBootstrap([1, 2], [1]), RangeError);
});
