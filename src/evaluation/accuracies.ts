import { classAnnotation } from "../data/annotation.js";
import { top1, top5 } from "../metrics/accuracy.js";
import { bootstrapInterval, pairedBootstrap } from "../metrics/bootstrap.js";
import { mcnemar } from "../metrics/mcnemar.js";
import type { Accuracy, Flips, Gain } from "./evaluation.js";
import type { JudgeFigures } from "./judge-figures.js";
import { judgesOf, type Measurements, type Pair } from "./measurements.js";

/** The figures of classifiers. */
export interface Accuracies {
  /** By row and classifier. */
  readonly rows: readonly Readonly<Record<string, Accuracy>>[];
  /** By pair, then classifier. */
  readonly gains: readonly Gain[];
  readonly flips: readonly Flips[];
}

/** Whether each image is right, 1 or 0, by row. */
interface Hits {
  readonly recognizer: string;
  readonly top1: readonly (readonly number[])[];
  readonly top5: readonly (readonly number[])[];
}

/** Accuracies of each row, and gains and flips of each pair, by classifier. */
export function accuracies(measurements: Measurements, pairs: readonly Pair[], seed: number): Accuracies {
  const { processors, images } = measurements;
  const annotations = images.map(({ label }) => classAnnotation(label));
  const all = judgesOf("class", measurements).map(
    ({ name, rows }): Hits => ({
      recognizer: name,
      top1: rows.map((predictions) => top1.scores(predictions, annotations)),
      top5: rows.map((predictions) => top5.scores(predictions, annotations)),
    }),
  );
  const compared = <T>(compare: (hits: readonly number[], before: readonly number[]) => T) =>
    pairs.flatMap(([row, over]) =>
      all.map((hits) => ({
        ...{ processor: processors[row] as string, over: processors[over] as string, recognizer: hits.recognizer },
        ...compare(hits.top1[row] as readonly number[], hits.top1[over] as readonly number[]),
      })),
    );
  return {
    rows: processors.map((_, row) =>
      Object.fromEntries(all.map((hits) => [hits.recognizer, accuracyOf(hits.top1[row] ?? [], hits.top5[row] ?? [])])),
    ),
    gains: compared((hits, before) => gainOver(hits, before, seed)),
    flips: compared(flipsOver),
  };
}

/** Resamples of the intervals of classifiers, as many as `pairedBootstrap` has. */
const RESAMPLES = 10_000;

/** The top-1 accuracy of each row, by classifier. The resamples are those of the gains. */
export function top1Figures(measurements: Measurements, seed: number): JudgeFigures[] {
  const annotations = measurements.images.map(({ label }) => classAnnotation(label));
  const judges = judgesOf("class", measurements).map(({ name, rows }) => ({
    judge: name,
    rows: rows.map((predictions) => {
      const hits = Float64Array.from(top1.scores(predictions, annotations));
      return { hits, value: meanHits(hits), samples: new Float64Array(RESAMPLES) };
    }),
  }));
  if (judges.length === 0) return [];
  const all = judges.flatMap(({ rows }) => rows);
  let resample = 0;
  const keepMeans = (copies: Uint32Array): number => {
    for (const { hits, samples } of all) samples[resample] = meanHits(hits, copies);
    return resample++;
  };
  bootstrapInterval(annotations.length, keepMeans, { seed, resamples: RESAMPLES });
  return judges;
}

/** The mean of the images, each counted as often as a resample contains it. */
function meanHits(hits: Float64Array, copies?: Uint32Array): number {
  let sum = 0;
  for (let i = 0; i < hits.length; i++) sum += (hits[i] as number) * (copies?.[i] ?? 1);
  return sum / hits.length;
}

function accuracyOf(hits: readonly number[], hits5: readonly number[]): Accuracy {
  const { low, high } = top1.figure(hits);
  return { top1: percent(hits), top5: percent(hits5), top1_ci95: [100 * low, 100 * high] };
}

function gainOver(hits: readonly number[], before: readonly number[], seed: number) {
  const { difference, low, high } = pairedBootstrap(hits, before, seed);
  return { top1: 100 * difference, ci95: [100 * low, 100 * high] as const };
}

function flipsOver(hits: readonly number[], before: readonly number[]) {
  const harmful = hits.filter((hit, i) => hit < (before[i] as number)).length;
  const helpful = hits.filter((hit, i) => hit > (before[i] as number)).length;
  return { harmful, helpful, p: mcnemar(harmful, helpful) };
}

const percent = (values: readonly number[]): number =>
  (100 * values.reduce((total, value) => total + value, 0)) / values.length;
