import { basename } from "node:path";
import type { Dataset } from "../data/dataset.js";
import { type Fingerprint, fingerprintOf } from "../data/fingerprint.js";
import { type Handling, nameOfHandling } from "../data/handling/handling.js";
import { datasetFrom } from "../data/settings.js";
import type { AnnotationKind } from "../data/sources/source.js";
import type { Task } from "../data/task.js";
import { settingsOfTask, taskFrom } from "../data/tasks/settings.js";
import { UserError } from "../errors.js";
import { findNetwork } from "../networks/index.js";
import type { DistanceName } from "../objectives/distances.js";
import { defaultLambda, findObjective } from "../objectives/index.js";
import type { Objective } from "../objectives/objective.js";
import type { Graph } from "../onnx/graph.js";
import { type Card, earlierRecognizers } from "../processors/card.js";
import { fitProcessor } from "../processors/fit.js";
import { openProcessor } from "../processors/open.js";
import { Processor } from "../processors/processor.js";
import { type LabelSet, labelSetOf } from "../recognition/class-offset.js";
import { named, parseSettings } from "../settings.js";
import { distanceFor, frozenRecognizers, type TrainingRecognizer } from "./frozen-recognizers.js";
import { JPEG_MULTIPLE } from "./handling/jpeg.js";
import { withInitialWeights } from "./initial-weights.js";
import { requiredAnnotations, requireLabels } from "./required-labels.js";
import type { RunRecord } from "./run-record.js";
import { type ParsedTrainingSettings, requireRead, type TrainingSettings, trainingSettings } from "./settings.js";
import { buildTransformer, DEFAULT_TRANSFORMER } from "./transformer.js";

/** Objects that replace the settings that describe them. */
export interface TrainingObjects {
  /** A custom task. */
  readonly task?: Task;
  /** An opened data set. */
  readonly dataset?: Dataset;
}

/** The models of a training, read and checked. */
export interface TrainingModels {
  readonly settings: ParsedTrainingSettings;
  readonly task: Task;
  readonly objective: Objective;
  readonly lambda: number;
  /** Between R(P(x)) and R(y); null if the objective compares no outputs. */
  readonly distance: DistanceName | null;
  /** The processor with its initial weights. */
  readonly processor: Processor;
  /** The processor gets the batch in groups of this size; null if it gets the whole batch. */
  readonly processorGroup: number | null;
  /** SHA-256 of the file of initial weights; null without one. */
  readonly initSha256: string | null;
  /** The card of the processor that the initial weights come from; null without one. */
  readonly startCard: Card | null;
  /** Notes on weights that the file of initial weights does not have. */
  readonly initNotes: readonly string[];
  /** T, the network between P and R; null without one. */
  readonly transformer: Graph | null;
  /** Empty if the objective has no recognizer. */
  readonly recognizers: readonly TrainingRecognizer[];
}

/** Everything that a training needs. */
export interface ResolvedTraining extends TrainingModels {
  readonly dataset: Dataset;
  readonly config: ResolvedConfig;
  readonly record: RunRecord;
}

/** Everything that determines the result of a training, as plain values. Files are identified by their SHA-256. */
export interface ResolvedConfig {
  readonly task: string;
  readonly options: Task["options"];
  readonly objective: string;
  readonly lambda: number;
  readonly lambdaWarmup: number;
  readonly imageLoss: string;
  /** Missing if 0. */
  readonly latticeWeight?: number;
  /** Between R(P(x)) and R(y); null if the objective compares no outputs. */
  readonly distance: DistanceName | null;
  readonly featureWeight: number;
  /** The random handling of the images that R gets. Missing if there is none. */
  readonly after?: readonly Handling[];
  /** Whether each step uses one recognizer, in turn. Missing if false. */
  readonly rotate?: boolean;
  readonly transformer: string | null;
  /** Missing if 0. */
  readonly transformerWeight?: number;
  readonly recognizer: readonly object[];
  readonly processor: object;
  readonly init: { readonly sha256: string } | null;
  readonly freeze: readonly string[];
  readonly data: Fingerprint;
  readonly steps: number;
  readonly batch: number;
  readonly crop: number;
  readonly lr: number;
  /** Steps at which the learning rate is divided by 10. Empty for cosine decay. */
  readonly lrDrops: readonly number[];
  readonly seed: number;
  readonly passes: string;
}

/**
 * Resolves the settings of a training: opens the images, reads the models and their preprocessing, fills in defaults.
 * @throws UserError when a setting is unknown, out of range or not read by the objective, and when the models or the images
 * do not fit.
 */
export async function resolveTraining(
  given: TrainingSettings,
  objects: TrainingObjects = {},
): Promise<ResolvedTraining> {
  const { dataset: open, task } = objects;
  const settings = { ...given, ...(task && settingsOfTask(task)), ...(open && { data: [...open.folders] }) };
  const parsed = parse(settings, task);
  const objective = findObjective(parsed.objective);
  const annotations = await requiredAnnotations(objective, parsed);
  const dataset = open ?? (await datasetFrom(parsed, "train", datasetOptions(annotations)));
  const schedule = scheduleOf(parsed, dataset.items.length);
  const models = await resolveModels(settings, task, annotations === "classes" ? labelSetOf(dataset) : undefined);
  if (annotations !== "none") requireLabels(models.recognizers, dataset);
  const config = configOf(models, dataset, schedule);
  return { ...models, dataset, config, record: { kind: "processor", settings, config: { ...config } } };
}

/** How the images of a training are opened whose loss reads these annotations. */
function datasetOptions(annotations: AnnotationKind | "none") {
  const needLabels = annotations === "classes";
  const withLabels = annotations !== "none";
  return { needLabels, withLabels, ...(annotations !== "none" && { annotations }) };
}

/** Checks the settings. A custom task is identified by its object, not by its name. */
function parse(settings: Readonly<Record<string, unknown>>, task?: Task): ParsedTrainingSettings {
  const parsed = withoutOwnTask(settings, task);
  requireRead([findObjective(parsed.objective)], settings);
  return parsed;
}

function withoutOwnTask(settings: Readonly<Record<string, unknown>>, task?: Task): ParsedTrainingSettings {
  if (!task) return parseSettings(trainingSettings, settings, "train");
  const own = Object.fromEntries(Object.entries(settings).filter(([key]) => key !== "task" && !(key in task.options)));
  return { ...parseSettings(trainingSettings, own, "train"), task: task.name };
}

/**
 * The part of `resolveTraining` that needs no images.
 * @param labels the labels of the images, if the objective reads them.
 * @throws UserError as `resolveTraining` does.
 */
export async function resolveModels(
  given: Readonly<Record<string, unknown>>,
  own?: Task,
  labels?: LabelSet,
): Promise<TrainingModels> {
  const settings = parse(given, own);
  const objective = findObjective(settings.objective);
  const task = own ?? taskFrom(settings);
  const { crop, processor: source, seed } = settings;
  if (crop % task.scale)
    throw new UserError(
      `cannot train on crops of ${crop} pixels: ${named("crop")} must be a multiple of the scale ${task.scale}`,
    );
  requireHandling(settings);
  const built = isFile(source)
    ? await openProcessor(source)
    : new Processor(findNetwork(source, task.scale).build(task.scale, seed));
  const group = isFile(source) ? (await fitProcessor(built, task, settings)).group : null;
  const init = settings.init === undefined ? null : await openProcessor(settings.init);
  const initialized = init && withInitialWeights(built, isFile(source) ? null : source, init);
  const recognizers = await frozenRecognizers(objective, settings, labels);
  const distance = objective.reads === "output" ? distanceFor(recognizers[0]?.kind ?? "scores", settings) : null;
  return {
    settings,
    task,
    objective,
    lambda: settings.lambda ?? defaultLambda(objective, distance),
    distance,
    processor: initialized ? built.withGraph(initialized.graph) : built,
    processorGroup: group,
    initSha256: init?.sha256 ?? null,
    startCard: (init ?? built).card,
    initNotes: initialized?.notes ?? [],
    transformer: objective.transforms ? buildTransformer(settings.transformer ?? DEFAULT_TRANSFORMER, seed) : null,
    recognizers,
  };
}

/** @throws UserError when a kind of handling is given twice, or the crops have no whole blocks for JPEG. */
function requireHandling({ after = [], crop }: ParsedTrainingSettings): void {
  const twice = after.find(({ kind }, i) => after.findIndex((other) => other.kind === kind) < i);
  if (twice) throw new UserError(`cannot train: ${named("after")} has ${twice.kind} twice; give it once, with a range`);
  if (crop % JPEG_MULTIPLE && after.some(({ kind }) => kind === "jpeg"))
    throw new UserError(
      `cannot train on crops of ${crop} pixels with JPEG in ${named("after")}: ${named("crop")} must be a multiple of ${JPEG_MULTIPLE}`,
    );
}

/** Whether a processor is an ONNX file rather than a network's name. */
export const isFile = (processor: string): boolean => /\.onnx$/i.test(processor);

interface Schedule {
  readonly steps: number;
  readonly lrDrops: readonly number[];
}

/** Optimizer steps, and the steps at which the learning rate drops. */
function scheduleOf({ steps, epochs, batch, lrDrops = [] }: ParsedTrainingSettings, images: number): Schedule {
  const after = (epoch: number): number => Math.ceil((epoch * images) / batch);
  if (steps !== undefined && epochs !== undefined)
    throw new UserError(`cannot train: ${named("steps")} and ${named("epochs")} exclude each other`);
  const total = steps ?? (epochs && after(epochs));
  if (total === undefined) throw new UserError(`cannot train: ${named("steps")} or ${named("epochs")} is required`);
  const drops = lrDrops.map(after);
  if (drops.some((drop) => drop >= total))
    throw new UserError(
      `${named("lrDrops")} ${lrDrops} must lie before the end: ${total} steps are ${((total * batch) / images).toFixed(1)} epochs`,
    );
  return { steps: total, lrDrops: drops };
}

function configOf(models: TrainingModels, dataset: Dataset, { steps, lrDrops }: Schedule): ResolvedConfig {
  const { settings, task, objective, lambda, distance, processor, initSha256, recognizers } = models;
  const { lambdaWarmup, imageLoss, latticeWeight, featureWeight, batch, crop, lr, seed, passes } = settings;
  const { after = [], rotate, transformerWeight, freeze = [] } = settings;
  return {
    task: task.name,
    options: task.options,
    objective: objective.name,
    lambda,
    lambdaWarmup,
    imageLoss,
    ...(latticeWeight > 0 && { latticeWeight }),
    distance,
    featureWeight,
    ...(after.length > 0 && { after }),
    ...(rotate && { rotate }),
    transformer: objective.transforms ? (settings.transformer ?? DEFAULT_TRANSFORMER) : null,
    ...(transformerWeight > 0 && { transformerWeight }),
    recognizer: recognizers.map(
      ({ model: { name, sha256, preprocessing, classOffset = 0 }, kind, heads, weight, view, group, features }) => ({
        ...{ name, sha256, weight, ...preprocessing, output: settings.output ?? null, view },
        ...(group !== null && { group }),
        ...(classOffset > 0 && { classOffset }),
        ...(kind !== "scores" && { kind }),
        ...(heads && { heads }),
        features: features ?? [],
      }),
    ),
    processor: isFile(settings.processor)
      ? { sha256: processor.sha256, format: processor.format }
      : { network: settings.processor },
    init: initSha256 === null ? null : { sha256: initSha256 },
    freeze,
    data: fingerprintOf(dataset),
    ...{ steps, batch, crop, lr, lrDrops, seed, passes },
  };
}

/** The card of the trained processor after `steps` steps. */
export function cardFor(training: ResolvedTraining, steps: number): Card {
  const { config, settings, task, dataset, recognizers, startCard } = training;
  const { objective, lambda, lambdaWarmup, imageLoss, latticeWeight, distance, featureWeight, transformer } = config;
  const { after, rotate, transformerWeight } = config;
  const { freeze, batch, crop, lr, lrDrops, seed } = config;
  return {
    task: task.name,
    options: task.options,
    scale: task.scale,
    objective,
    lambda,
    ...(lambdaWarmup > 0 && { lambdaWarmup }),
    ...(imageLoss !== "mse" && { imageLoss }),
    ...(latticeWeight && { latticeWeight }),
    ...(after && { after: after.map(nameOfHandling) }),
    ...(rotate && { rotate }),
    ...(distance && { distance }),
    recognizers: recognizers.map(({ model: { name, sha256 }, kind, heads, view, weight, features }) => ({
      ...{ name, sha256, view, weight },
      ...(kind !== "scores" && { kind }),
      ...(heads && { heads: [...heads] }),
      ...(features && { features: [...features] }),
    })),
    ...earlierRecognizers(
      recognizers.map(({ model }) => model),
      [startCard],
    ),
    ...(featureWeight > 0 && { featureWeight }),
    ...(transformer && { transformer }),
    ...(transformerWeight && { transformerWeight }),
    network: basename(settings.processor),
    init: settings.init === undefined ? null : basename(settings.init),
    ...(freeze.length > 0 && { freeze: [...freeze] }),
    data: {
      folders: dataset.folders.map((folder) => basename(folder)),
      ...(dataset.selection && { selection: dataset.selection }),
      count: dataset.items.length,
    },
    ...{ steps, batch, crop, lr },
    ...(lrDrops.length > 0 && { lrDrops: [...lrDrops] }),
    seed,
  };
}
