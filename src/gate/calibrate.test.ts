import assert from "node:assert/strict";
import { test } from "node:test";
import { randomAt } from "../random.js";
import { certifiedThresholds, effectOf, riskPValue, type ScoredPhotograph } from "./calibrate.js";
import { fitRule, type PoolImage } from "./fit.js";

const [ALPHA, DELTA] = [0.1, 0.1];
const limit = { alpha: ALPHA, delta: DELTA };

/** At most this many of `trials` events of probability `delta` happen, apart from one case in a thousand. */
const most = (trials: number): number => trials * DELTA + 3.1 * Math.sqrt(trials * DELTA * (1 - DELTA));

/** Photographs with scores uniform in [0, 1) and this probability of harm; the images of one share their random number in part. */
function photographs(
  count: number,
  harmOf: (score: number) => number,
  indices: readonly [number, ...number[]],
  images = 1,
): ScoredPhotograph[] {
  const random = randomAt(...indices);
  return Array.from({ length: count }, () => {
    const luck = random.uniform();
    return Array.from({ length: images }, () => {
      const score = random.uniform();
      return { score, harm: Number(luck < harmOf(score)), help: 0 };
    });
  });
}

test("a threshold whose risk is just above alpha is certified in at most delta of the trials, with several images a photograph", () => {
  const trials = 300;
  for (const images of [1, 3]) {
    let [certified, naive] = [0, 0];
    for (let trial = 0; trial < trials; trial++) {
      const pool = photographs(150, () => ALPHA + 0.001, [11, trial], images);
      const [first, second] = [pool.slice(0, 50), pool.slice(50)];
      if (certifiedThresholds(first, second, limit).length > 0) certified++;
      if ((effectOf(second.flat(), 1).risk as number) <= ALPHA) naive++;
    }
    assert.ok(certified <= most(trials), `${certified} of ${trials} with ${images} images`);
    // A rule that trusts the measured risk fails in about half of the trials.
    assert.ok(naive > 2 * most(trials), `${naive}`);
  }
});

test("a harmless processor is certified for every image, a harmful one for none", () => {
  const [first, second] = [photographs(100, () => 0, [12]), photographs(200, () => 0, [13])];
  assert.equal(Math.max(...certifiedThresholds(first, second, limit)), 1);
  const [bad, worse] = [photographs(100, () => 0.5, [14]), photographs(200, () => 0.5, [15])];
  assert.deepEqual(certifiedThresholds(bad, worse, limit), []);
});

test("photographs of which no image is processed prove nothing: the p-value is 1, although all would be harmed", () => {
  const all = photographs(80, () => 0.3, [16]);
  const skipped = all.map((images) => images.map((image) => ({ ...image, score: 2, harm: 1 })));
  assert.equal(riskPValue(skipped, 1, limit), 1);
});

test("too few photographs certify nothing, although none was harmed", () => {
  const few = photographs(8, () => 0, [17]);
  assert.deepEqual(certifiedThresholds(few, few, limit), []);
});

/** A pool whose harm and help depend on the noise: below 0.03 a change is harmful, above it is helpful. */
function poolOf(count: number, indices: readonly [number, ...number[]]): PoolImage[] {
  const random = randomAt(...indices);
  return Array.from({ length: count }, (_, i) => {
    const noise = 0.1 * random.uniform();
    const [isHarmed, isHelped] = [random.uniform() < harmAt(noise), random.uniform() < helpAt(noise)];
    const degradation = { noise, jpeg_quality: 100, blockiness: 1, blur: 0.3 };
    return {
      ...{ photograph: `${i}.png`, source: 0, degradation },
      ...{ harm: Number(isHarmed), help: Number(!isHarmed && isHelped) },
    };
  });
}

const harmAt = (noise: number): number => (noise < 0.03 ? 0.4 : 0.04);
const helpAt = (noise: number): number => (noise < 0.03 ? 0.05 : 0.3);

/** The true risk of processing every image whose noise is at least `noise`, which is uniform in [0, 0.1). */
const riskFrom = (noise: number): number =>
  (Math.max(0, 0.03 - noise) * harmAt(0) + (0.1 - Math.max(noise, 0.03)) * harmAt(0.1)) / (0.1 - noise);

test("over many fits with known probabilities the true risk of the chosen threshold is above alpha in at most delta of them", () => {
  const trials = 200;
  let [above, fitted] = [0, 0];
  for (let trial = 0; trial < trials; trial++) {
    const { score, threshold } = fitRule(poolOf(240, [18, trial]), limit);
    if (threshold === null) continue;
    fitted++;
    const { weight = 0, mean = 0, deviation = 1 } = score.features.find(({ name }) => name === "noise") ?? {};
    // sigmoid(intercept + weight (noise - mean) / deviation) <= threshold
    const noise = mean + (deviation * (Math.log(threshold / (1 - threshold)) - score.intercept)) / weight;
    assert.ok(weight < 0, "more noise is less harmful");
    if (riskFrom(Math.min(Math.max(noise, 0), 0.0999)) > ALPHA) above++;
  }
  assert.ok(above <= most(trials), `${above} of ${trials}`);
  assert.ok(fitted > trials / 2, `${fitted} of ${trials} certify a threshold`);
});

test("the fitted gate skips what processing hurts: it processes fewer images with a higher gain", () => {
  const { threshold, effect, without } = fitRule(poolOf(600, [19]), limit);
  assert.ok(threshold !== null);
  assert.ok(effect.processed > 0.4 && effect.processed < 0.8, `${effect.processed}`);
  assert.ok(effect.gain > without.gain);
  assert.ok((effect.risk as number) < (without.risk as number));
});

test("a processor that hurts more often than it helps, though rarely, is certified and still skips every image", () => {
  const pool = poolOf(300, [20]).map((image, i) => ({ ...image, harm: Number(i % 50 === 0), help: 0 }));
  const { threshold, effect } = fitRule(pool, limit);
  assert.equal(threshold, 0);
  assert.deepEqual([effect.processed, effect.risk, effect.gain], [0, null, 0]);
});

test("fewer than three photographs are refused, however many degradations they have", () => {
  const pool = poolOf(2, [21]);
  const twice = [...pool, ...pool.map((image) => ({ ...image, source: 1 }))];
  assert.throws(() => fitRule(twice, limit), /cannot fit a gate on 2 photographs: 3 or more are needed/);
});
