import { join } from "node:path";
import type { Command } from "commander";
import { type Dataset, openDataset } from "../data/dataset.js";
import { titleOf } from "../data/item.js";
import { UserError } from "../errors.js";
import { evaluate } from "../evaluation/evaluate.js";
import type { Evaluation } from "../evaluation/evaluation.js";
import { openProcessor } from "../processors/open.js";
import type { Processor } from "../processors/processor.js";
import type { Judge } from "../recognition/judge.js";
import { datasetFrom, positiveInteger, selectionFrom, several, taskFrom } from "./options.js";
import { progress } from "./progress.js";
import { type SharedTrainingFlags, type TrainingFlags, trainingConfig } from "./training-options.js";
import { runTraining } from "./training-run.js";

/** What commands that train several processors and judge them have in common. */
export interface SeriesFlags extends SharedTrainingFlags {
  evaluate: string[];
  limit?: number;
}

/** Adds the flags that say what a series is judged on. */
export const addSeriesOptions = (command: Command): Command =>
  command
    .option(
      "--evaluate <path>",
      "labelled images to judge on; may be given several times (default: the other part of --data)",
      several,
      [],
    )
    .option("--limit <n>", "judge n images, spread evenly over the data", positiveInteger);

/**
 * The images that a series is judged on.
 * @param classes of these, if not those of `--classes`.
 * @throws UserError when nothing says which images are not trained on.
 */
export async function judgedImages(flags: SeriesFlags, trained: Dataset, classes = flags.classes): Promise<Dataset> {
  const part = flags.part === "train" ? "test" : "train";
  const chosen = { ...flags, part, ...(classes !== undefined && { classes }) } as const;
  if (flags.evaluate.length > 0) {
    const { split, ...selection } = selectionFrom(chosen);
    return openDataset(flags.evaluate, { needLabels: true, ...selection });
  }
  const judged = await datasetFrom(chosen, { needLabels: true });
  const known = new Set(trained.items.map(titleOf));
  if (judged.items.some((item) => known.has(titleOf(item))))
    throw new UserError(
      `${flags.data.join(", ")} does not come in parts: give images to judge on by --evaluate, or divide it by --split`,
    );
  return judged;
}

/** One training of a series. */
export interface SeriesRun {
  /** What it is called on standard error and in the results. */
  readonly name: string;
  /** Its folder inside that of the series. */
  readonly folder: string;
  readonly flags: TrainingFlags;
  /** Default: the objective's. */
  readonly lambda?: number;
}

/** A processor of a series: its name, and the file to be judged. */
export interface SeriesModel {
  readonly name: string;
  readonly model: string;
}

/**
 * Trains each processor as far as it is not yet trained. With a transformer it is T(P(x)) that is to be judged.
 * @throws what `signal` says when it aborts, after writing a checkpoint.
 */
export async function trainSeries(
  runs: readonly SeriesRun[],
  out: string,
  dataset: Dataset,
  signal: AbortSignal,
): Promise<SeriesModel[]> {
  const models: SeriesModel[] = [];
  for (const { name, folder, flags, lambda } of runs) {
    console.error(`${name} (${models.length + 1} of ${runs.length})`);
    const { config, task } = trainingConfig(flags, dataset.items.length, lambda);
    const run = { flags, config, task, dataset, out: join(out, folder), resume: true, signal };
    const { model, forRecognizers } = await runTraining(run);
    signal.throwIfAborted();
    models.push({ name, model: forRecognizers ?? model });
  }
  return models;
}

/**
 * Judges the processors of a series, with progress on standard error.
 * @throws what `signal` says when it aborts.
 */
export async function judgeSeries(
  models: readonly SeriesModel[],
  dataset: Dataset,
  judges: readonly Judge[],
  flags: SeriesFlags,
  signal: AbortSignal,
): Promise<Evaluation> {
  const { limit } = flags;
  const processors: Processor[] = [];
  for (const { name, model } of models)
    processors.push(await openProcessor(model, { name: name, ...threadsOf(flags) }));
  const bar = progress(Math.min(limit ?? Number.POSITIVE_INFINITY, dataset.items.length), "evaluating");
  const options = { dataset, task: taskFrom(flags), processors, judges, ...(limit && { limit }) };
  const onProgress = (done: number) => {
    signal.throwIfAborted();
    bar.update(done);
  };
  return evaluate({ ...options, onProgress }).finally(bar.stop);
}

export const threadsOf = ({ threads }: SharedTrainingFlags) => (threads ? { threads } : {});
