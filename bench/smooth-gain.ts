import { readPredictions } from "../src/evaluation/from-predictions.js";
import type { MeasuredImage, StoredPrediction } from "../src/evaluation/measured-image.js";
import { bootstrapInterval } from "../src/metrics/bootstrap.js";
import { softmax } from "../src/metrics/softmax.js";
import { signed } from "../src/number-text.js";

/**
 * The gain in the probability of the true class in place of top-1, which changes in steps of a whole image: the same images show
 * with a narrower interval how much of a gain is left after a handling. The probability is that of a softmax, at a temperature of
 * 2, over the highest scores that a predictions file has; a class that is not among them has 0. Each figure is the mean over all
 * recognizers, with the 95 % interval of a paired bootstrap over images (1000 resamples, seed 0).
 *
 *   npm run build && node dist/bench/smooth-gain.js PREDICTIONS.jsonl [OVER]
 */
const [file = "", base = "plain"] = process.argv.slice(2);
const TEMPERATURE = 2;
const { setting, measurements } = await readPredictions(file);
const { processors, images } = measurements;
const over = processors.indexOf(base);
if (over < 0) throw new Error(`${file} has no processor ${base}, only ${processors.join(", ")}`);

function probabilityOf(prediction: StoredPrediction, label: number | null | undefined): number {
  if (prediction.kind !== "class") throw new Error(`${file} has predictions that are no classes`);
  const at = prediction.ranked.findIndex((each) => each.class === label);
  return softmax(prediction.ranked.map(({ score }) => score / TEMPERATURE))[at] ?? 0;
}

/** The mean probability over the recognizers; of a handling by its place, or as restored. */
function meanProbability({ label, rows }: MeasuredImage, row: number, place?: number): number {
  const measured = rows[row];
  const predictions = (place === undefined ? measured?.predictions : measured?.handled?.[place]) ?? [];
  if (predictions.length === 0) throw new Error(`${file} lacks predictions of ${processors[row]}`);
  return predictions.reduce((sum, each) => sum + probabilityOf(each, label), 0) / predictions.length;
}

const gainsOf = (row: number, place?: number): number[] =>
  images.map((image) => 100 * (meanProbability(image, row, place) - meanProbability(image, over, place)));

/** Mean over the images of a resample; without one, over all. */
const meanOf = (values: readonly number[], copies?: Uint32Array): number =>
  values.reduce((sum, value, i) => sum + value * (copies?.[i] ?? 1), 0) / values.length;

for (const [row, name] of processors.entries()) {
  if (row === over) continue;
  const plain = gainsOf(row);
  const interval = (figureOf: (copies?: Uint32Array) => number, digits: number) => {
    const { low, high } = bootstrapInterval(images.length, figureOf);
    return `${figureOf().toFixed(digits)} [${low.toFixed(digits)}, ${high.toFixed(digits)}]`;
  };
  const texts = (setting.after ?? []).map((after, place) => {
    const handled = gainsOf(row, place);
    const gain = signed(meanOf(handled));
    return `${after} ${gain}, ${interval((copies) => (100 * meanOf(handled, copies)) / meanOf(plain, copies), 0)} % left`;
  });
  console.log(`${name} over ${base}: ${interval((copies) => meanOf(plain, copies), 1)} points; ${texts.join("; ")}`);
}
