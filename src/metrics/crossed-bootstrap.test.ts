import assert from "node:assert/strict";
import { test } from "node:test";
import { randomAt, shuffled } from "../random.js";
import { type CrossedValue, crossedDifference, crossedShare } from "./crossed-bootstrap.js";
import { crossedOf, crossedVariance, once } from "./crossed-variance.js";

/** Twenty participants and thirty items; the value follows from both. */
const table = (value: (participant: number, item: number) => number, participants = 20, items = 30): CrossedValue[] =>
  Array.from({ length: participants * items }, (_, k) => {
    const [p, i] = [Math.floor(k / items), k % items];
    return { participant: `p${p}`, item: `i${i}`, value: value(p, i) };
  });

test("the crossed variance of a small table is that computed by hand", () => {
  const values = table((p, i) => [1, 0, 0, 1, 1, 1][3 * p + i] ?? 0, 2, 3);
  // Mean 4/6. Deviations: 1/3 -2/3 -2/3 | 1/3 1/3 1/3. Rows: -1, 1; columns: 2/3, -1/3, -1/3. Divided by 6 each.
  const influences = Float64Array.from(values, ({ value }) => (value - 4 / 6) / 6);
  const crossed = crossedOf(values);
  const [rows, columns, single] = [(2 * 2) / 36, ((6 / 9) * 3) / 2 / 36, 12 / 9 / 36];
  const want = Math.max(rows, columns, rows + columns - single);
  assert.ok(Math.abs(crossedVariance(influences, crossed, once(crossed)) - want) < 1e-12);
});

test("the interval is that of a t test over participants if items make no difference", () => {
  const { value, low, high } = crossedShare(table((p) => 0.3 + 0.02 * p));
  // mean 0.49, standard deviation of 0, 0.02, … 0.38: 0.1183216; t quantile of 19: 2.093
  const margin = (2.093 * 0.1183216) / Math.sqrt(20);
  assert.ok(Math.abs(value - 0.49) < 1e-12);
  assert.ok(Math.abs((low ?? 0) - (0.49 - margin)) < 0.25 * margin, `${low}`);
  assert.ok(Math.abs((high ?? 0) - (0.49 + margin)) < 0.25 * margin, `${high}`);
});

test("answers that depend on participants and items have a wider interval than the same answers in random places", () => {
  const dependent = table((p, i) => Number(((7 * p) % 20) + ((11 * i) % 30) < 24));
  const values = dependent.map(({ value }) => value);
  const order = shuffled(values.length, 1, 0);
  const scattered = dependent.map((each, k) => ({ ...each, value: values[order[k] as number] as number }));
  const width = (answers: CrossedValue[]) => {
    const { low, high } = crossedShare(answers);
    return (high as number) - (low as number);
  };
  assert.ok(width(dependent) > 1.5 * width(scattered), `${width(dependent)} and ${width(scattered)}`);
});

test("the same seed gives the same interval, another seed another", () => {
  const random = randomAt(1);
  const answers = table(() => random.integer(2), 8, 10);
  assert.deepEqual(crossedShare(answers, { seed: 4 }), crossedShare(answers, { seed: 4 }));
  assert.notEqual(crossedShare(answers, { seed: 4 }).low, crossedShare(answers, { seed: 5 }).low);
});

test("if all answers are equal, the interval is the exact one of the smaller number of participants and items", () => {
  const { value, low, high, method } = crossedShare(table(() => 1));
  assert.deepEqual({ value, high, method }, { value: 1, high: 1, method: "exact" });
  assert.ok(Math.abs((low as number) - 0.8315665290169145) < 1e-10); // scipy: 20 of 20
});

test("nearly equal answers and few of them get an interval inside [0, 1] that contains the share", () => {
  for (const answers of [
    table((p, i) => Number(p !== 3 || i !== 4)),
    table((p) => p, 1, 1),
    table((p, i) => (p + i) % 2, 2, 2),
    table((_, i) => i % 2, 1, 30),
    table((p) => p % 2, 9, 1),
  ]) {
    const { value, low, high } = crossedShare(answers);
    assert.ok(
      low !== null && high !== null && 0 <= low && low <= value && value <= high && high <= 1,
      `${low} ${high}`,
    );
  }
});

test("a difference of equal samples contains 0, one of opposite samples does not", () => {
  const half = (parity: number, value: (p: number, i: number) => number) =>
    table(value).filter((_, k) => (Math.floor(k / 30) + k) % 2 === parity);
  const noise = (p: number, i: number) => Number((p * p + 3 * i * i + p * i) % 7 < 4);
  const same = crossedDifference(half(0, noise), half(1, noise));
  assert.ok((same.low as number) < 0 && (same.high as number) > 0);
  const other = crossedDifference(
    half(0, (p, i) => Number((p + i) % 10 < 9)),
    half(1, (p, i) => Number((p + i) % 10 < 2)),
  );
  assert.ok((other.low as number) > 0.3, `${other.low}`);
});

test("a difference of constants has no interval, and samples without values are refused", () => {
  assert.deepEqual(
    crossedDifference(
      table(() => 1),
      table(() => 0),
    ),
    {
      ...{ value: 1, low: null, high: null, method: "bootstrap" },
    },
  );
  assert.throws(() => crossedShare([]), RangeError);
});
