import { wilson } from "../metrics/bootstrap.js";
import { jaccard, type OpenLabel, topKept, trueClassConfidence } from "../metrics/label-agreement.js";
import type { LabelsPrediction } from "../recognition/judge.js";
import type { LabelAgreement, LabelSetting, ServiceGain } from "./evaluation.js";
import type { Interval } from "./interval.js";
import type { JudgeFigures } from "./judge-figures.js";
import { type Judged, judgesOf, type Measurements, type Pair } from "./measurements.js";
import { detectable } from "./power.js";
import { RESAMPLES, type ResampledFigure, resampledDifference, resampledFigure } from "./resampled.js";

/** The figures of services: agreement with the labels of the clean image, not accuracy. */
export interface LabelAgreements {
  /** By row and service. */
  readonly rows: readonly Readonly<Record<string, LabelAgreement>>[];
  /** By pair, then service. */
  readonly gains: readonly ServiceGain[];
  readonly setting: LabelSetting;
  readonly figures: readonly JudgeFigures[];
}

/** Normalized names of a class, by its index. */
export type ClassSynonyms = Readonly<Record<string, readonly string[]>>;

/** A service's figures in a row. The two of the true class are null if no image has a class with synonyms. */
interface Agreement {
  readonly jaccard: ResampledFigure;
  readonly kept: ResampledFigure;
  readonly confidence: ResampledFigure | null;
  readonly found: ResampledFigure | null;
  /** Images of all and those of a known class. */
  readonly images: number;
  readonly labelled: number;
  /** Images without any label. */
  readonly empty: number;
}

/** How well labels of restored images agree with those of the clean ones, by row, with gains by pair; undefined without services. */
export function labelAgreements(
  measurements: Measurements,
  pairs: readonly Pair[],
  { seed, synonyms = {} }: { readonly seed: number; readonly synonyms?: ClassSynonyms },
): LabelAgreements | undefined {
  const { processors, images } = measurements;
  const classes = images.map(({ label }) => synonymsOf(label, synonyms));
  const services = judgesOf("labels", measurements).map(({ name, rows }) => ({
    name,
    rows: rows.map((predictions) => agreementOf(predictions, rows.at(-1) ?? [], classes, seed)),
  }));
  if (services.length === 0) return undefined;
  return {
    rows: processors.map((_, row) =>
      Object.fromEntries(services.map(({ name, rows }) => [name, figuresOf(rows[row] as Agreement)])),
    ),
    gains: pairs.flatMap(([row, over]) =>
      services.map(({ name, rows }) => ({
        ...{ processor: processors[row] as string, over: processors[over] as string, service: name },
        ...gainOver(rows[row] as Agreement, rows[over] as Agreement),
      })),
    ),
    figures: services.map(({ name, rows }) => ({ judge: name, rows: rows.map(({ jaccard: figure }) => figure) })),
    setting: { labelled: classes.filter((each) => each !== null).length, resamples: RESAMPLES },
  };
}

/** The names of an image's class; null: it has none. */
function synonymsOf(label: number | null, synonyms: ClassSynonyms): ReadonlySet<string> | null {
  const names = label === null ? undefined : synonyms[label];
  return names && names.length > 0 ? new Set(names) : null;
}

type Predictions = Judged<"labels">["rows"][number];

/** The agreement of each row with the clean row, by service. */
export const agreementFigures = (measurements: Measurements, seed: number): JudgeFigures[] =>
  judgesOf("labels", measurements).map(({ name, rows }) => ({
    judge: name,
    rows: rows.map((predictions) => resampledJaccard(predictions, rows.at(-1) ?? [], seed)),
  }));

function resampledJaccard(predictions: Predictions, clean: Predictions, seed: number): ResampledFigure {
  const values = predictions.map((each, i) => jaccard(openLabels(each), openLabels(clean[i] ?? each)));
  return resampledFigure(values.length, (copies) => weightedMean(values, copies), seed);
}

/** @param classes the names of each image's class; null: not known. */
function agreementOf(
  predictions: Predictions,
  clean: Predictions,
  classes: readonly (ReadonlySet<string> | null)[],
  seed: number,
): Agreement {
  const labels = predictions.map(openLabels);
  const cleanLabels = clean.map(openLabels);
  const meanOf = (values: readonly (number | null)[]) =>
    resampledFigure(values.length, (copies) => weightedMean(values, copies), seed);
  const confidences = labels.map((each, i) => {
    const names = classes[i] ?? null;
    return names && trueClassConfidence(each, names);
  });
  const found = labels.map((each, i) => {
    const names = classes[i] ?? null;
    // Labels whose confidence is 0 count as found, too.
    return (
      names &&
      trueClassConfidence(
        each.map(({ name }) => ({ name })),
        names,
      )
    );
  });
  const labelled = classes.filter((each) => each !== null).length;
  return {
    ...{ images: labels.length, labelled, empty: labels.filter(({ length }) => length === 0).length },
    jaccard: meanOf(labels.map((each, i) => jaccard(each, cleanLabels[i] ?? []))),
    kept: meanOf(labels.map((each, i) => Number(topKept(each, cleanLabels[i] ?? [])))),
    confidence: labelled > 0 ? meanOf(confidences) : null,
    found: labelled > 0 ? meanOf(found) : null,
  };
}

const openLabels = ({ labels }: LabelsPrediction): OpenLabel[] =>
  labels.map(({ name, confidence }) => ({ name, ...(confidence !== null && { confidence }) }));

/** The mean of the values that are known, each counted as often as a resample contains its image. */
function weightedMean(values: readonly (number | null)[], copies?: Uint32Array): number {
  let [sum, count] = [0, 0];
  for (const [i, value] of values.entries()) {
    const weight = copies?.[i] ?? 1;
    if (value === null) continue;
    sum += weight * value;
    count += weight;
  }
  return sum / count;
}

function figuresOf({ jaccard, kept, confidence, found, images, labelled, empty }: Agreement): LabelAgreement {
  return {
    ...{ jaccard: jaccard.percent, jaccard_ci95: jaccard.ci95 },
    ...{ top1_kept: kept.percent, top1_kept_ci95: shareInterval(kept, images) },
    ...(confidence && { true_confidence: confidence.percent, true_confidence_ci95: confidence.ci95 }),
    ...(found && { true_found: found.percent, true_found_ci95: shareInterval(found, labelled) }),
    without_labels: empty,
  };
}

/** Wilson's interval of a share of `images`: the bootstrap has none for 0 and 1. */
function shareInterval({ value }: ResampledFigure, images: number): Interval {
  const [low, high] = wilson(Math.round(value * images), images);
  return [100 * low, 100 * high];
}

function gainOver(row: Agreement, over: Agreement) {
  const [jaccard, kept] = [resampledDifference(row.jaccard, over.jaccard), resampledDifference(row.kept, over.kept)];
  const confidence = row.confidence && over.confidence && resampledDifference(row.confidence, over.confidence);
  const found = row.found && over.found && resampledDifference(row.found, over.found);
  const seen = detectable(jaccard.ci95);
  return {
    ...{ jaccard: jaccard.points, ci95: jaccard.ci95, ...(seen !== undefined && { detectable: seen }) },
    ...{ top1_kept: kept.points, top1_kept_ci95: kept.ci95 },
    ...(confidence && { true_confidence: confidence.points, true_confidence_ci95: confidence.ci95 }),
    ...(found && { true_found: found.points, true_found_ci95: found.ci95 }),
  };
}
