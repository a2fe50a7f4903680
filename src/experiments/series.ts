import { join } from "node:path";
import { z } from "zod";
import { type Dataset, openDataset, otherPart } from "../data/dataset.js";
import { titleOf } from "../data/item.js";
import { type DataSettings, selectionFrom } from "../data/settings.js";
import { type TaskSettings, taskFrom } from "../data/tasks/settings.js";
import { UserError } from "../errors.js";
import { measureImages } from "../evaluation/evaluate.js";
import type { Evaluation } from "../evaluation/evaluation.js";
import { summarize } from "../evaluation/summarize.js";
import { type Job, type JobStore, keyOf } from "../jobs/job.js";
import { openLocalStore } from "../jobs/local-store.js";
import { runJobs } from "../jobs/run-jobs.js";
import { type Objective, readsOutput } from "../objectives/objective.js";
import { openProcessor } from "../processors/open.js";
import { requireGradientPath } from "../recognition/gradient-path.js";
import type { Judge } from "../recognition/judge.js";
import { type RecognizerSettings, readRecognizer } from "../recognition/recognizer.js";
import { recognizerFrom } from "../recognition/settings.js";
import type { Evaluated } from "../report/evaluated.js";
import type { Reporter } from "../reporter.js";
import { named, paths, positiveInteger } from "../settings.js";
import { type ResolvedTraining, resolveTraining } from "../training/resolve.js";
import { runSettings, type TrainingSettings } from "../training/settings.js";
import type { RunOptions } from "../training/train.js";
import { reportEvaluated } from "./reported-images.js";
import { reportedTraining } from "./reported-training.js";

/** The settings of an experiment that trains several processors and judges them. */
export const seriesSettings = {
  ...runSettings,
  evaluate: paths("labeled images to judge on; may be repeated (default: the other part of data)").optional(),
  limit: positiveInteger().optional().describe("judge n images, spread evenly over the data"),
};

const Series = z.object(seriesSettings);
export type SeriesSettings = z.output<typeof Series> & DataSettings & TaskSettings;

/** What every experiment receives in addition to its settings. */
export interface ExperimentContext {
  readonly report: Reporter;
  readonly signal: AbortSignal;
  /** Opens the store of complete work. Default: the file `jobs.jsonl` in the folder of the experiment. */
  readonly openStore?: (() => Promise<JobStore>) | undefined;
}

/** Opens the store of an experiment in a folder. */
export const storeOf = (out: string, { openStore }: ExperimentContext): Promise<JobStore> =>
  openStore ? openStore() : openLocalStore(join(out, "jobs.jsonl"));

/**
 * Opens the images that a series is judged on.
 * @param classes overrides the classes of the settings.
 * @throws UserError when they may contain training images.
 */
export async function judgedImages(settings: SeriesSettings, trained: Dataset, classes = settings.classes) {
  const selection = otherPart(selectionFrom({ ...settings, classes }, "train"));
  if (settings.evaluate) {
    const { split: _, ...whole } = selection;
    return openDataset(settings.evaluate, { needLabels: true, ...whole });
  }
  const judged = await openDataset(settings.data, { needLabels: true, ...selection });
  const known = new Set(trained.items.map(titleOf));
  if (judged.items.some((item) => known.has(titleOf(item))))
    throw new UserError(
      `${settings.data.join(", ")} has no parts: set ${named("evaluate")} to images to judge on, or divide the images by ${named("split")}`,
    );
  return judged;
}

/**
 * Checks, before the first training, that the objectives get a gradient from the recognizers' outputs.
 * @throws UserError when no gradient passes from an output to the image.
 */
export async function requireGradients(
  files: readonly string[],
  objectives: readonly Objective[],
  settings: RecognizerSettings,
): Promise<void> {
  if (!objectives.some(readsOutput)) return;
  for (const file of files) requireGradientPath(await readRecognizer(file, recognizerFrom(settings)), "train with");
}

/** One training of a series. */
export interface SeriesRun {
  /** Its name in messages and results. */
  readonly name: string;
  /** Its folder inside that of the series. */
  readonly folder: string;
  readonly settings: TrainingSettings;
}

/** A processor of a series: its name, and the file to judge. */
export interface SeriesModel {
  readonly name: string;
  readonly model: string;
}

/** The trained processors of a series, and the training images that could not be read. */
export interface SeriesTrained {
  readonly models: readonly SeriesModel[];
  readonly broken: readonly string[];
}

/** Training images that could not be read; null in the records of earlier versions. */
type Broken = readonly string[] | null;

/** A training as a job. Its key is the hash of the resolved config. */
function trainingJob(name: string, training: ResolvedTraining, run: RunOptions, report: Reporter): Job<Broken> {
  const transforms = training.transformer !== null;
  return {
    name,
    key: keyOf(training.config),
    outputs: ["model.onnx", ...(transforms ? ["for-recognizers.onnx"] : [])].map((file) => join(run.out, file)),
    async run({ signal }) {
      const { broken } = await reportedTraining(training, { ...run, resume: true, signal }, report);
      signal.throwIfAborted();
      return [...broken.keys()];
    },
  };
}

/** How runs of the series are computed. */
export const runOptions = ({
  checkpoint,
  threads,
  device,
}: Pick<SeriesSettings, "checkpoint" | "threads" | "device">) => ({
  checkpointEvery: checkpoint,
  device,
  threads,
});

/**
 * Trains the processors that are not complete yet. With a transformer, T(P(x)) is the model to judge.
 * @throws the signal's reason when it aborts, after writing a checkpoint.
 */
export async function trainSeries(
  runs: readonly SeriesRun[],
  settings: SeriesSettings,
  dataset: Dataset,
  store: JobStore,
  { report, signal }: ExperimentContext,
): Promise<SeriesTrained> {
  const models: SeriesModel[] = [];
  async function* jobs() {
    for (const { name, folder, settings: given } of runs) {
      const training = await resolveTraining(given, { dataset });
      const out = join(settings.out, folder);
      models.push({ name, model: join(out, training.transformer ? "for-recognizers.onnx" : "model.onnx") });
      yield trainingJob(folder, training, { ...runOptions(settings), out }, report);
    }
  }
  const title = (kind: string) => `${models.at(-1)?.name} (${models.length} of ${runs.length})${kind}`;
  const broken = await runJobs(jobs(), {
    store,
    signal,
    onStart: () => report.info(title("")),
    onEnd: ({ kind }) => kind === "kept" && report.info(title(" is complete")),
  });
  return { models, broken: broken.flatMap((each) => each ?? []) };
}

/** The number of images that a series could not use, in training or in evaluation. */
export const unusableIn = (
  trained: Dataset,
  { broken }: SeriesTrained,
  ...evaluations: readonly Evaluation[]
): number =>
  new Set([...trained.missing, ...broken, ...evaluations.flatMap(({ data }) => data.skipped.map(({ file }) => file))])
    .size;

/** The trainings of an experiment, which do not depend on each other, and their images. */
export interface SeriesPlan {
  readonly runs: readonly SeriesRun[];
  readonly dataset: Dataset;
}

/**
 * Does one training of an experiment, so that several machines can share them. The experiment itself then finds it complete,
 * if both use the same folder and the same store.
 * @returns the number of images that it could not use.
 */
export async function trainOne(
  folder: string,
  { runs, dataset }: SeriesPlan,
  settings: SeriesSettings,
  context: ExperimentContext,
): Promise<number> {
  const store = await storeOf(settings.out, context);
  const chosen = runs.filter((run) => run.folder === folder);
  return trainSeries(chosen, settings, dataset, store, context)
    .then((trained) => unusableIn(dataset, trained))
    .finally(() => store.close());
}

/**
 * Judges the processors of a series.
 * @throws the signal's reason when it aborts.
 */
export async function judgeSeries(
  models: readonly SeriesModel[],
  dataset: Dataset,
  judges: readonly Judge[],
  settings: SeriesSettings,
  store: JobStore,
  { report, signal }: ExperimentContext,
): Promise<Evaluated> {
  const { limit, threads } = settings;
  const processors = [];
  for (const { name, model } of models) processors.push(await openProcessor(model, { name, threads }));
  const bar = report.progress(Math.min(limit ?? Number.POSITIVE_INFINITY, dataset.items.length), "evaluating");
  const judging = { dataset, task: taskFrom(settings), processors, ...(limit && { limit }) };
  const options = { ...judging, judges, store, signal, onProgress: (done: number) => bar.update(done) };
  const measured = await measureImages(options).finally(bar.stop);
  const evaluation = summarize(measured.setting, measured.measurements);
  reportEvaluated(evaluation, report);
  return { ...measured, ...judging, evaluation };
}
