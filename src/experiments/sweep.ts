import { join } from "node:path";
import { z } from "zod";
import type { Dataset } from "../data/dataset.js";
import { datasetFrom } from "../data/settings.js";
import { UserError } from "../errors.js";
import type { Evaluation } from "../evaluation/evaluation.js";
import { findObjective } from "../objectives/index.js";
import { plain } from "../objectives/plain.js";
import { writeBytes } from "../platform/node/files.js";
import { requireWritableFolder } from "../platform/node/outputs.js";
import { markdownText } from "../printable.js";
import { labelSetOf } from "../recognition/class-offset.js";
import { classifierNotes, openClassifier } from "../recognition/classifier.js";
import { recognizerFrom } from "../recognition/settings.js";
import type { Evaluated } from "../report/evaluated.js";
import { type SweepPoint, sweepPlot, sweepPoints, sweepTable } from "../report/sweep.js";
import { listOf, named, nonnegativeNumber, paths } from "../settings.js";
import { onlyRead, requireRead, type TrainingSettings, trainingSettings } from "../training/settings.js";
import {
  type ExperimentContext,
  judgedImages,
  judgeSeries,
  requireGradients,
  type SeriesPlan,
  type SeriesRun,
  seriesSettings,
  storeOf,
  trainSeries,
  unusableIn,
} from "./series.js";

export const sweepSettings = z.object({
  ...trainingSettings.shape,
  ...seriesSettings,
  lambda: listOf(nonnegativeNumber())
    .refine((values) => new Set(values).size === values.length, "must be different numbers")
    .describe("weights of the recognition loss: 0,1e-4,1e-3")
    .meta({ placeholder: "list" }),
  judge: paths("a classifier that judges (ONNX); may be repeated (default: each recognizer)", {
    placeholder: "file",
  }).optional(),
});
export type SweepSettings = z.output<typeof sweepSettings>;

/** What a sweep wrote. */
export interface SweepResult {
  readonly points: readonly SweepPoint[];
  readonly evaluation: Evaluation;
  readonly evaluated: Evaluated;
  /** Markdown. */
  readonly table: string;
  /** Paths of sweep.json and sweep.svg. */
  readonly results: string;
  readonly plot: string;
  /** Number of images that could not be used. */
  readonly unusable: number;
}

/**
 * Trains a processor for each lambda from one start, judges all, and writes sweep.json, sweep.md and sweep.svg. If
 * interrupted, the same call does only what is left.
 * @param given the settings before defaults were filled in.
 * @throws UserError when a setting, a model or an image does not fit; the signal's reason when it aborts.
 */
export async function sweep(
  settings: SweepSettings,
  given: Readonly<Record<string, unknown>>,
  context: ExperimentContext,
): Promise<SweepResult> {
  await requireWritableFolder(settings.out);
  const { runs, dataset } = await sweepTrainings(settings, given);
  const judged = await judgedImages(settings, dataset);
  const judges = await judgesOf(settings, judged, context);
  const store = await storeOf(settings.out, context);
  try {
    const trained = await trainSeries(runs, settings, dataset, store, context);
    const evaluated = await judgeSeries(trained.models, judged, judges, settings, store, context);
    const swept = trained.models.map((model, i) => ({ ...model, lambda: settings.lambda[i] as number }));
    const { task, evaluation } = evaluated;
    const title = `${task.name} ×${task.scale}, ${settings.objective}: ${evaluation.data.count} images`;
    const written = await write(settings.out, title, sweepPoints(swept, evaluation), evaluation);
    return { ...written, evaluated, unusable: unusableIn(dataset, trained, evaluation) };
  } finally {
    await store.close();
  }
}

/**
 * The trainings of a sweep, one for each lambda.
 * @throws UserError when a setting, a recognizer or the images do not fit.
 */
export async function sweepTrainings(
  settings: SweepSettings,
  given: Readonly<Record<string, unknown>>,
): Promise<SeriesPlan> {
  const objective = findObjective(settings.objective);
  if (objective.reads === null)
    throw new UserError(
      `the objective ${objective.name} has no lambda to sweep: set ${named("objective")} to another, such as ra`,
    );
  requireRead([objective], given);
  const { needsLabels } = objective;
  const dataset = await datasetFrom(settings, "train", { needLabels: needsLabels, withLabels: needsLabels });
  const files = (settings.recognizer ?? []).map(({ file }) => file);
  if (settings.lambda.some((lambda) => lambda > 0)) await requireGradients(files, [objective], settings);
  return { runs: settings.lambda.map((lambda) => runOf(trainingPart(given), lambda)), dataset };
}

/** The settings of a training among those of an experiment. */
export const trainingPart = (given: Readonly<Record<string, unknown>>): TrainingSettings =>
  Object.fromEntries(Object.entries(given).filter(([key]) => key in trainingSettings.shape)) as TrainingSettings;

/** The training with one lambda. At 0 the recognition loss has no effect, and plain training takes less time. */
function runOf(settings: TrainingSettings, lambda: number): SeriesRun {
  const { lambda: _, ...shared } = settings;
  const own = lambda > 0 ? { ...shared, lambda } : { ...onlyRead(plain, shared), objective: plain.name };
  return { name: `lambda ${lambda}`, folder: `lambda-${lambda}`, settings: own };
}

async function judgesOf(settings: SweepSettings, judged: Dataset, { report }: ExperimentContext) {
  const { judge, recognizer = [], threads } = settings;
  const files = judge ?? recognizer.map(({ file }) => file);
  const input = judge ? {} : recognizerFrom(settings);
  const labels = labelSetOf(judged);
  const judges = await Promise.all(
    files.map((file) => openClassifier(file, input, threads ? { threads } : {}, labels)),
  );
  for (const note of classifierNotes(judges)) report.info(`note: ${note}`);
  return judges;
}

async function write(out: string, title: string, points: SweepPoint[], evaluation: Evaluation) {
  const table = sweepTable(points);
  const at = (extension: string) => join(out, `sweep.${extension}`);
  await writeBytes(at("json"), [`${JSON.stringify({ points, evaluation }, null, 2)}\n`]);
  await writeBytes(at("svg"), [sweepPlot(title, points)]);
  await writeBytes(at("md"), [`${markdownText(title)}\n\n${table}\n`]);
  return { points, evaluation, table, results: at("json"), plot: at("svg") };
}
