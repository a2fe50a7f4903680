import { parseArgs } from "node:util";
import { clopperPearson } from "../src/metrics/binomial.js";
import { type CrossedValue, crossedDifference, crossedShare } from "../src/metrics/crossed-bootstrap.js";
import { randomAt, shuffled } from "../src/random.js";

/*
 * Coverage of the 95 % intervals of simulated studies: how often an interval contains the true figure. Participants and items
 * have normal effects on the probit scale; `participant` and `item` are their shares of the variance there.
 *
 *   node dist/bench/crossed-bootstrap.js [--studies 1000] [--resamples 1000]
 */

interface Design {
  readonly participants: number;
  readonly items: number;
  /** Trials of a participant. */
  readonly trials: number;
  /** The true share. */
  readonly share: number;
  /** Shares of the variance on the probit scale. */
  readonly participant: number;
  readonly item: number;
}

const { values: given } = parseArgs({
  options: { studies: { type: "string", default: "1000" }, resamples: { type: "string", default: "1000" } },
});
const [studies, resamples] = [Number(given.studies), Number(given.resamples)];

/** The standard normal distribution function (Abramowitz and Stegun 7.1.26, error below 1.5e-7). */
function normal(x: number): number {
  const z = Math.abs(x) / Math.SQRT2;
  const t = 1 / (1 + 0.3275911 * z);
  const tail =
    t *
    (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429)))) *
    Math.exp(-z * z);
  return x > 0 ? 1 - tail / 2 : tail / 2;
}

/** The x with normal(x) = p, by bisection. */
function quantile(p: number): number {
  let [low, high] = [-9, 9];
  for (let i = 0; i < 60; i++)
    [low, high] = normal((low + high) / 2) < p ? [(low + high) / 2, high] : [low, (low + high) / 2];
  return low;
}

/** One simulated study: each participant answers `trials` of the items. */
function study({ participants, items, trials, share, participant, item }: Design, seed: number): CrossedValue[] {
  const variance = 1 / (1 - participant - item);
  const mean = quantile(share) * Math.sqrt(variance);
  const random = randomAt(seed, 1);
  const effects = (n: number, part: number) =>
    Array.from({ length: n }, () => random.normal() * Math.sqrt(part * variance));
  const [people, images] = [effects(participants, participant), effects(items, item)];
  return people.flatMap((person, i) =>
    Array.from(shuffled(items, seed, i + 2).subarray(0, trials), (j) => ({
      participant: `p${i}`,
      item: `i${j}`,
      value: Number(random.uniform() < normal(mean + person + (images[j] as number))),
    })),
  );
}

const covers = ({ low, high }: { low: number | null; high: number | null }, truth: number): number =>
  Number(low !== null && high !== null && low <= truth && truth <= high);

const designs: Design[] = [];
for (const [participants, items, trials] of [
  [20, 30, 30],
  [20, 40, 20],
  [40, 100, 40],
  [12, 16, 16],
] as const)
  for (const [participant, item] of [
    [0, 0],
    [0.05, 0.1],
    [0.2, 0.3],
  ] as const)
    for (const share of participants === 20 && items === 30 ? [0.5, 0.6, 0.85] : [0.6])
      designs.push({ participants, items, trials, share, participant, item });

console.log("participants  items  trials  share  participant  item  bootstrap  Clopper-Pearson  difference");
for (const design of designs) {
  let [bootstrap, exact, difference] = [0, 0, 0];
  for (let s = 0; s < studies; s++) {
    const answers = study(design, s);
    bootstrap += covers(crossedShare(answers, { seed: s, resamples }), design.share);
    const [low, high] = clopperPearson(answers.filter(({ value }) => value === 1).length, answers.length);
    exact += covers({ low, high }, design.share);
    const [a, b] = [answers.filter((_, k) => k % 2 === 0), answers.filter((_, k) => k % 2 === 1)];
    difference += covers(crossedDifference(a, b, { seed: s, resamples }), 0);
  }
  const { participants, items, trials, share, participant, item } = design;
  const percent = (count: number) => `${((100 * count) / studies).toFixed(1)} %`;
  console.log(
    [
      ...[participants, items, trials, share, participant, item].map((value) => String(value).padStart(6)),
      ...[bootstrap, exact, difference].map((count) => percent(count).padStart(10)),
    ].join(" "),
  );
}
