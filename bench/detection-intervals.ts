import { readPredictions } from "../src/evaluation/from-predictions.js";
import { judgesOf } from "../src/evaluation/measurements.js";
import { bootstrapInterval } from "../src/metrics/bootstrap.js";
import { type MeanPrecisionOf, meanPrecisionOf } from "../src/metrics/detection/intervals.js";
import { type Random, randomAt } from "../src/random.js";

/**
 * How often the 95 % intervals of mAP and of its differences contain the truth, by a double bootstrap (Davison and Hinkley 1997,
 * section 3.9): the images of a predictions file are the population, resamples of them are samples whose intervals are computed.
 *
 *   npm run build && node dist/bench/detection-intervals.js PREDICTIONS.jsonl [SAMPLES] [RESAMPLES]
 */
const [file = "", samples = "200", resamples = "200"] = process.argv.slice(2);
const { measurements } = await readPredictions(file);
const { processors, images } = measurements;
const n = images.length;

/** The images of a sample, with repetitions, and how often it has each. */
function sampled(from: readonly number[], random: Random): { readonly drawn: number[]; readonly copies: Uint32Array } {
  const drawn = from.map(() => from[random.integer(from.length)] as number);
  const copies = new Uint32Array(n);
  for (const image of drawn) (copies[image] as number)++;
  return { drawn, copies };
}

const truth = images.flatMap(({ boxes = [] }, image) => boxes.map((box) => ({ ...box, image })));
const figures: { readonly kind: "mAP" | "difference"; readonly of: MeanPrecisionOf }[] = [];
for (const { rows } of judgesOf("boxes", measurements)) {
  const precisions = rows.map((predictions) =>
    meanPrecisionOf({
      images: n,
      truth,
      found: predictions.flatMap(({ boxes }, image) => boxes.map((box) => ({ ...box, image }))),
    }),
  );
  const plain = precisions[processors.indexOf("plain")] as MeanPrecisionOf;
  for (const of of precisions) figures.push({ kind: "mAP", of });
  for (const of of precisions)
    if (of !== plain) figures.push({ kind: "difference", of: (copies) => of(copies) - plain(copies) });
}

const counts = { mAP: { all: 0, inside: 0, below: 0 }, difference: { all: 0, inside: 0, below: 0 } };
const random = randomAt(0);
const truths = figures.map(({ of }) => of());
const everyone = images.map((_, i) => i);
for (let s = 0; s < Number(samples); s++) {
  const { drawn } = sampled(everyone, random);
  const again = Array.from({ length: Number(resamples) }, () => sampled(drawn, random).copies);
  for (const [i, { kind, of }] of figures.entries()) {
    let r = 0;
    const next = () => of(again[r++] as Uint32Array);
    const { low, high } = bootstrapInterval(1, next, { resamples: again.length });
    counts[kind].all++;
    if (low <= (truths[i] as number) && (truths[i] as number) <= high) counts[kind].inside++;
    if ((truths[i] as number) < low) counts[kind].below++;
  }
}
for (const [kind, { all, inside, below }] of Object.entries(counts))
  console.log(
    `${kind}: ${((100 * inside) / all).toFixed(1)} % contain the truth; it is below ${((100 * below) / all).toFixed(1)} %`,
  );
