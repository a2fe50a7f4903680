import { join, resolve } from "node:path";
import { z } from "zod";
import type { Dataset } from "../data/dataset.js";
import { datasetFrom, titleOfData } from "../data/settings.js";
import { UserError } from "../errors.js";
import { requireDistinct } from "../evaluation/evaluate.js";
import type { Evaluation } from "../evaluation/evaluation.js";
import { openLocalStore } from "../jobs/local-store.js";
import { defaultLambda, findObjective, objectives } from "../objectives/index.js";
import type { Objective } from "../objectives/objective.js";
import { plain } from "../objectives/plain.js";
import { writeBytes } from "../platform/node/files.js";
import { requireWritableFolder } from "../platform/node/outputs.js";
import { labelSetOf } from "../recognition/class-offset.js";
import { type Classifier, classifierNotes, openClassifier } from "../recognition/classifier.js";
import type { Judge } from "../recognition/judge.js";
import { recognizerFrom } from "../recognition/settings.js";
import { PLAIN, type TransferRun, transferPoints, transferSetting, transferTables } from "../report/transfer.js";
import { listOf, named, paths, positiveNumber } from "../settings.js";
import { resolveTraining } from "../training/resolve.js";
import { onlyRead, requireRead, sharedTrainingSettings, type TrainingSettings } from "../training/settings.js";
import {
  type ExperimentContext,
  judgedImages,
  judgeSeries,
  requireGradients,
  type SeriesRun,
  seriesSettings,
  trainSeries,
  unusableIn,
} from "./series.js";
import { trainingPart } from "./sweep.js";

const transferable = objectives.filter(({ reads }) => reads);

/** An objective with its lambda, if that is not the default. */
export interface WeightedObjective {
  readonly name: string;
  readonly lambda?: number | undefined;
}

/** "NAME", "NAME=LAMBDA" or the same as an object. */
const WeightedObjective = z
  .union([z.string(), z.object({ name: z.string(), lambda: positiveNumber().optional() })])
  .transform((given, context): WeightedObjective => {
    if (typeof given !== "string") return given;
    const [name = "", text] = given.split("=");
    if (text === undefined) return { name };
    const lambda = text.trim() === "" ? Number.NaN : Number(text);
    if (Number.isFinite(lambda) && lambda > 0) return { name, lambda };
    context.addIssue({ code: "custom", message: "must be NAME or NAME=LAMBDA with a lambda above 0" });
    return z.NEVER;
  });

export const transferSettings = z.object({
  ...sharedTrainingSettings,
  ...seriesSettings,
  source: paths("a recognizer to train with (ONNX); may be repeated", { placeholder: "file" }),
  target: paths("a classifier that only judges (ONNX); may be repeated", { placeholder: "file" }).optional(),
  objective: listOf(WeightedObjective)
    .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, "must be different objectives")
    .describe(`what to minimize: ${transferable.map(({ name }) => name).join(", ")}; may be repeated`)
    .meta({ placeholder: "name[=lambda]" }),
  evaluateClasses: z
    .string()
    .optional()
    .describe("judge on images of these classes (default: those of classes)")
    .meta({ placeholder: "list" }),
});
export type TransferSettings = z.output<typeof transferSettings>;

/** The result of a transfer experiment. */
export interface TransferResult {
  readonly evaluation: Evaluation;
  /** Markdown. */
  readonly tables: string;
  /** Paths of transfer.json and transfer.md. */
  readonly results: string;
  readonly page: string;
  /** Number of images that could not be used. */
  readonly unusable: number;
}

/** The checked parts of an experiment: images, trainings and judges. */
interface Plan {
  readonly settings: TransferSettings;
  /** The settings of the trainings. */
  readonly training: TrainingSettings;
  readonly dataset: Dataset;
  readonly judged: Dataset;
  readonly judges: readonly Judge[];
  readonly runs: readonly PlannedRun[];
}

/** A training with a source. */
interface PlannedRun {
  /** Name of its row and its folder, also used in messages. */
  readonly name: string;
  readonly objective: Objective;
  readonly lambda: number;
  readonly source: string;
  readonly sourceFile: string;
}

/**
 * Trains a processor for each source with each objective, and a plain one, and measures each judge's gain over plain.
 * Writes transfer.json and transfer.md. If interrupted, the same call does only what is left; with other targets it only
 * judges again.
 * @param given the settings before defaults were filled in.
 * @throws UserError when a setting, a model or an image does not fit; the signal's reason when it aborts.
 */
export async function transfer(
  settings: TransferSettings,
  given: Readonly<Record<string, unknown>>,
  context: ExperimentContext,
): Promise<TransferResult> {
  await requireWritableFolder(settings.out);
  const plan = await planOf(settings, given, context);
  const { dataset, judged, judges, runs } = plan;
  const series = [plainRun(plan.training), ...runs.map((run) => seriesRun(plan.training, run))];
  const store = await openLocalStore(join(settings.out, "jobs.jsonl"));
  try {
    const trained = await trainSeries(series, settings, dataset, store, context);
    const evaluation = await judgeSeries(trained.models, judged, judges, settings, store, context);
    const transferred = runs.map(({ objective, ...each }, i) => ({
      ...each,
      objective: objective.name,
      model: trained.models[i + 1]?.model as string,
    }));
    const written = await write(plan, transferred, evaluation);
    return { ...written, unusable: unusableIn(dataset, trained, evaluation) };
  } finally {
    await store.close();
  }
}

async function planOf(
  settings: TransferSettings,
  given: Readonly<Record<string, unknown>>,
  { report }: ExperimentContext,
): Promise<Plan> {
  const chosen = settings.objective.map(({ name, lambda }) => ({ objective: transferred(name), lambda }));
  requireRead(
    chosen.map(({ objective }) => objective),
    given,
  );
  if (settings.feature && settings.source.length > 1)
    throw new UserError(`${named("feature")} names features of one recognizer: give one ${named("source")}`);
  const needLabels = chosen.some(({ objective }) => objective.needsLabels);
  const dataset = await datasetFrom(settings, { needLabels });
  const judged = await judgedImages(settings, dataset, settings.evaluateClasses ?? settings.classes);
  await requireGradients(
    settings.source,
    chosen.map(({ objective }) => objective),
    settings,
  );
  const loaded = await loadAll(settings, judged);
  for (const note of classifierNotes([...loaded.values()])) report.info(`note: ${note}`);
  const sources = await sourcesOf(settings, loaded, needLabels ? dataset : null);
  const judges = await judgesOf(settings, loaded, dataset, judged, report.info);
  const { objective: _, ...training } = trainingPart(given);
  const runs = chosen.flatMap(({ objective, lambda = defaultLambda(objective, settings.distance ?? null) }) =>
    sources.map((source) => ({ ...source, name: `${objective.name}-${source.source}`, objective, lambda })),
  );
  return { settings, training: training as TrainingSettings, dataset, judged, judges, runs };
}

/** @throws UserError for an objective without a recognizer. */
function transferred(name: string): Objective {
  const objective = findObjective(name);
  if (objective.reads !== null) return objective;
  throw new UserError(`the objective ${name} has no recognizer whose gain could transfer`);
}

const plainRun = (training: TrainingSettings): SeriesRun => ({
  name: PLAIN,
  folder: join("runs", PLAIN),
  settings: { ...onlyRead(plain, training), objective: plain.name },
});

const seriesRun = (training: TrainingSettings, { name, objective, lambda, sourceFile }: PlannedRun): SeriesRun => ({
  name,
  folder: join("runs", name),
  settings: { ...onlyRead(objective, training), objective: objective.name, lambda, recognizer: [sourceFile] },
});

/** Recognizers by their files, each once. */
type Loaded = ReadonlyMap<string, Classifier>;

async function loadAll(settings: TransferSettings, judged: Dataset): Promise<Loaded> {
  const { source, target = [], threads } = settings;
  const [loaded, labels] = [new Map<string, Classifier>(), labelSetOf(judged)];
  for (const file of new Set([...source, ...target].map((each) => resolve(each))))
    loaded.set(file, await openClassifier(file, recognizerFrom(settings), threads ? { threads } : {}, labels));
  return loaded;
}

/**
 * The recognizers to train with.
 * @param dataset the training images if an objective reads their classes, otherwise null.
 * @throws UserError when two sources share a name, or one cannot predict a class of these images.
 */
async function sourcesOf({ source: files }: TransferSettings, loaded: Loaded, dataset: Dataset | null) {
  const sources: Pick<PlannedRun, "source" | "sourceFile">[] = [];
  for (const file of files) {
    const recognizer = loaded.get(resolve(file)) as Classifier;
    if (dataset) await recognizer.requireKnows(dataset.items, "train with");
    sources.push({ source: recognizer.name, sourceFile: file });
  }
  requireDistinct(
    "source",
    sources.map(({ source }) => source),
  );
  return sources;
}

/**
 * The judges: the targets, and the sources if the judged images have the classes of the training images.
 * @throws UserError when no judge is left, two share a name, or one cannot predict a class of the images.
 */
async function judgesOf(
  { source, target = [], evaluateClasses }: TransferSettings,
  loaded: Loaded,
  dataset: Dataset,
  judged: Dataset,
  info: (text: string) => void,
): Promise<Judge[]> {
  const same = evaluateClasses === undefined && dataset.classes?.join("\n") === judged.classes?.join("\n");
  const files = new Set([...(same ? source : []), ...target].map((file) => resolve(file)));
  if (files.size === 0)
    throw new UserError(
      `no recognizer can judge ${titleOfData(judged)}: its classes are not those of the training images; ` +
        `set ${named("target")} to recognizers of these classes`,
    );
  if (!same) info("the judged images have other classes than the training images: only the targets judge");
  const judges = [...files].map((file) => loaded.get(file) as Classifier);
  requireDistinct(
    "recognizer",
    judges.map(({ name }) => name),
  );
  for (const judge of judges) await judge.requireKnows(judged.items, "judge");
  return judges;
}

async function write(plan: Plan, runs: readonly TransferRun[], evaluation: Evaluation) {
  const { settings, training: given, dataset } = plan;
  const points = transferPoints(runs, evaluation);
  const tables = transferTables(points, evaluation);
  const { config } = await resolveTraining(plainRun(given).settings, { dataset });
  const { steps, batch, crop, lr, seed } = config;
  const { processor, init = null } = settings;
  const data = { data: titleOfData(dataset), count: dataset.items.length };
  const training = { ...data, processor, init, steps, batch, crop, lr, seed };
  const at = (extension: string) => join(settings.out, `transfer.${extension}`);
  await writeBytes(at("json"), [`${JSON.stringify({ training, points, evaluation }, null, 2)}\n`]);
  await writeBytes(at("md"), [`${transferSetting(training, evaluation)}\n\n${tables}\n`]);
  return { evaluation, tables, results: at("json"), page: at("md") };
}
