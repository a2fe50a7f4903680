import assert from "node:assert/strict";
import { test } from "node:test";
import { randomAt } from "../random.js";
import { bradleyTerry, type Comparison } from "./bradley-terry.js";

const near = (got: number | null | undefined, want: number, tolerance: number): void =>
  assert.ok(Math.abs((got ?? Number.NaN) - want) <= tolerance, `${got} instead of ${want}`);

/** As many answers as given, each by another participant about another item. */
const answers = (first: number, second: number, outcome: Comparison["outcome"], count: number): Comparison[] =>
  Array.from({ length: count }, (_, i) => ({
    participant: `${first}${second}${outcome}${i}`,
    item: `${first}${second}${outcome}${i}`,
    first,
    second,
    outcome,
  }));

test("strengths and ties of two systems are those of the closed form", () => {
  const found = bradleyTerry(
    [...answers(0, 1, "first", 12), ...answers(1, 0, "first", 27), ...answers(0, 1, "tie", 18)],
    2,
  );
  near(found.strengths[1]?.value, Math.log(27 / 12), 1e-9);
  near(found.ties, 18 / Math.sqrt(12 * 27), 1e-9);
  assert.equal(found.regularized, false);
});

/** 5 participants, 6 items, 3 systems: a fixed pattern of answers. */
const pattern = Array.from({ length: 30 }, (_, k): Comparison => {
  const [p, i] = [Math.floor(k / 6), k % 6];
  const [first = 0, second = 0] = [
    [0, 1],
    [0, 2],
    [1, 2],
  ][(p + i) % 3] as [number, number];
  const outcomes = ["first", "second", "tie", "second", "first", "second", "second"] as const;
  const outcome = outcomes[(3 * p + 5 * i + p * i) % 7] ?? "tie";
  return { participant: `p${p}`, item: `i${i}`, first, second, outcome };
});

/** scipy's minimize (BFGS); the intervals by central differences and the formula of Cameron, Gelbach and Miller in numpy. */
test("strengths, ties and intervals of three systems are those of a direct maximization in scipy", () => {
  const { strengths, ties } = bradleyTerry(pattern, 3);
  near(strengths[1]?.value, 1.5020160860986014, 1e-6);
  near(strengths[2]?.value, 1.675283345367998, 1e-6);
  near(ties, 0.2675016231208482, 1e-6);
  const half = (i: number) => ((strengths[i]?.high ?? 0) - (strengths[i]?.low ?? 0)) / 2;
  near(half(1), 2.3585753658711752, 1e-4);
  near(half(2), 2.2430634390369946, 1e-4);
});

test("strengths with ties are recovered from simulated answers within their intervals", () => {
  const truth = [0, 0.5, -0.4, 1.1];
  const [ties, random] = [0.6, randomAt(17)];
  const simulated: Comparison[] = [];
  for (let p = 0; p < 80; p++)
    for (let i = 0; i < 60; i++) {
      const first = random.integer(4);
      const second = (first + 1 + random.integer(3)) % 4;
      const half = ((truth[first] as number) - (truth[second] as number)) / 2;
      const [a, b] = [Math.exp(half), Math.exp(-half)];
      const drawn = random.uniform() * (a + b + ties);
      const outcome = drawn < a ? "first" : drawn < a + b ? "second" : "tie";
      simulated.push({ participant: `p${p}`, item: `i${i}`, first, second, outcome });
    }
  const found = bradleyTerry(simulated, 4);
  near(found.ties, ties, 0.05);
  for (const [i, { value, low, high }] of found.strengths.entries()) {
    near(value, truth[i] as number, 0.15);
    if (i > 0) assert.ok((low as number) < (truth[i] as number) && (truth[i] as number) < (high as number));
  }
});

test("a system that always wins gets a finite strength, which is marked as regularized", () => {
  const { strengths, regularized } = bradleyTerry([...answers(0, 1, "second", 40), ...answers(1, 2, "first", 40)], 3);
  assert.equal(regularized, true);
  for (const { value } of strengths) assert.ok(Number.isFinite(value));
  assert.ok((strengths[1]?.value ?? 0) > 2);
});

test("answers that are all ties give equal strengths and a finite parameter of ties", () => {
  const { strengths, ties, regularized } = bradleyTerry(answers(0, 1, "tie", 30), 2);
  near(strengths[1]?.value, 0, 1e-9);
  assert.ok(regularized && Number.isFinite(ties) && ties > 10);
});

test("a system without comparisons is refused", () => {
  assert.throws(() => bradleyTerry(answers(0, 1, "first", 3), 3), /none of: 2/);
  assert.throws(() => bradleyTerry([], 2), RangeError);
});
