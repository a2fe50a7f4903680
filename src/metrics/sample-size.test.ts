import assert from "node:assert/strict";
import { test } from "node:test";
import { randomAt } from "../random.js";
import { crossedShare } from "./crossed-bootstrap.js";
import { binomialPower, requiredAnswers, requiredParticipants } from "./sample-size.js";

/** scipy 1.17.1: with c the largest k of 2 binom.cdf(k, n, 0.5) <= 0.05, binom.cdf(c, n, p) + binom.sf(n - c - 1, n, p) */
for (const [n, share, power] of [
  [10, 0.6, 0.04803512319999998],
  [199, 0.6, 0.8037145994208201],
  [200, 0.6, 0.7868482653076215],
  [5, 0.9, 0],
  [6, 0.9, 0.531442],
  [4984, 0.52, 0.8039244852691462],
] as const)
  test(`the power of ${n} answers to detect ${share} is that of scipy`, () => {
    assert.ok(Math.abs(binomialPower(n, share) - power) < 1e-10, `${binomialPower(n, share)}`);
  });

/** scipy 1.17.1: one more than the last of n = 1 … 5999 whose power is too small */
for (const [share, power, answers] of [
  [0.6, 0.8, 210],
  [0.6, 0.9, 274],
  [0.55, 0.8, 820],
  [0.7, 0.8, 54],
  [0.75, 0.9, 42],
  [0.9, 0.8, 12],
  [0.35, 0.8, 97],
  [1, 0.8, 6],
  [0.52, 0.8, 4984],
] as const)
  test(`${answers} answers detect a share of ${share} with power ${power}, as enumerated in scipy`, () => {
    assert.equal(requiredAnswers(share, power), answers);
  });

const study = { share: 0.6, power: 0.8, items: 100, trials: 40, ties: 0, participantVariance: 0, itemVariance: 0 };

test("answers that are independent are divided by the trials that are no ties", () => {
  assert.equal(requiredParticipants(study).participants, 6); // 210 / 40 = 5.25
  assert.equal(requiredParticipants({ ...study, ties: 0.5 }).participants, 11); // 210 / 20 = 10.5
  assert.equal(requiredParticipants({ ...study, trials: 1 }).participants, 210);
});

test("too few items cannot be compensated by participants, and the plan gives the number of items that is enough", () => {
  const plan = requiredParticipants({ ...study, items: 15, trials: 15, itemVariance: 0.2 });
  assert.equal(plan.participants, null);
  const enough = requiredParticipants({ ...study, items: plan.leastItems, trials: 15, itemVariance: 0.2 });
  assert.ok((enough.participants ?? 0) > 0);
});

test("studies as planned find the share in about as many of 150 simulations as the power promises", () => {
  const design = { ...study, share: 0.65, items: 40, trials: 20, participantVariance: 0.05, itemVariance: 0.05 };
  const { participants } = requiredParticipants(design);
  assert.ok(participants !== null && participants > 2);
  let found = 0;
  for (let s = 0; s < 150; s++) {
    const { low } = crossedShare(simulated(design, participants, s), { seed: s, resamples: 300 });
    found += Number(low !== null && low > 0.5);
  }
  assert.ok(found >= 0.7 * 150 && found <= 0.93 * 150, `${found} of 150, with ${participants} participants`);
});

/** Answers whose probabilities have effects of participants and items that are ±d, so that their variances are those of the design. */
function simulated(design: typeof study, participants: number, seed: number) {
  const random = randomAt(seed, 3);
  const total = design.share * (1 - design.share);
  const effects = (n: number, part: number) =>
    Array.from({ length: n }, () => Math.sqrt(part * total) * (random.uniform() < 0.5 ? -1 : 1));
  const people = effects(participants, design.participantVariance);
  const images = effects(design.items, design.itemVariance);
  return people.flatMap((person, p) =>
    Array.from({ length: design.trials }, (_, k) => {
      const item = (p * design.trials + k) % design.items;
      const value = Number(random.uniform() < design.share + person + (images[item] as number));
      return { participant: `p${p}`, item: `i${item}`, value };
    }),
  );
}
