import { join } from "node:path";
import type { Dataset } from "../data/dataset.js";
import { datasetFrom, titleOfData } from "../data/settings.js";
import { UserError } from "../errors.js";
import { requireDistinct } from "../evaluation/evaluate.js";
import type { Evaluation } from "../evaluation/evaluation.js";
import { defaultLambda, findObjective } from "../objectives/index.js";
import type { Objective } from "../objectives/objective.js";
import { plain } from "../objectives/plain.js";
import { writeBytes } from "../platform/node/files.js";
import { modelTitle } from "../platform/node/models.js";
import { requireWritableFolder } from "../platform/node/outputs.js";
import type { Evaluated } from "../report/evaluated.js";
import {
  PLAIN,
  type TransferPoint,
  type TransferRun,
  type TransferTraining,
  transferPoints,
  transferSetting,
  transferTables,
} from "../report/transfer.js";
import { named } from "../settings.js";
import { distanceFor } from "../training/frozen-recognizers.js";
import { resolveTraining } from "../training/resolve.js";
import { onlyRead, requireRead, type TrainingSettings } from "../training/settings.js";
import {
  type ExperimentContext,
  judgeSeries,
  requireGradients,
  type SeriesPlan,
  type SeriesRun,
  storeOf,
  trainSeries,
  unusableIn,
} from "./series.js";
import { trainingPart } from "./sweep.js";
import {
  type JudgedPart,
  JudgeOpener,
  openBoxesPart,
  openClassesPart,
  type TransferSource,
  transferFiles,
} from "./transfer-judges.js";
import type { TransferSettings } from "./transfer-settings.js";

/** The result of a transfer experiment. */
export interface TransferResult {
  readonly evaluation: Evaluation;
  /** Of images with classes, of images with boxes: at least one. */
  readonly evaluations: readonly Evaluation[];
  readonly evaluated: readonly Evaluated[];
  readonly training: TransferTraining;
  readonly points: readonly TransferPoint[];
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
  /** Images with classes and their classifiers, images with boxes and their detectors: at least one of the two. */
  readonly judged: readonly JudgedPart[];
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
 * Trains a processor for each source with each objective, and a plain one, and measures each judge's gain over plain: of
 * classifiers on images with classes, of detectors on images with boxes. Writes transfer.json and transfer.md. If interrupted, the same call does only what is left; with other targets it only
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
  const { dataset, judged, runs } = plan;
  const series = seriesOf(plan);
  const store = await storeOf(settings.out, context);
  try {
    const trained = await trainSeries(series, settings, dataset, store, context);
    const evaluated: Evaluated[] = [];
    for (const { dataset: images, judges } of judged)
      evaluated.push(await judgeSeries(trained.models, images, judges, settings, store, context));
    const evaluations = evaluated.map(({ evaluation }) => evaluation);
    const transferred = runs.map(({ objective, ...each }, i) => ({
      ...each,
      objective: objective.name,
      model: trained.models[i + 1]?.model as string,
    }));
    const written = await write(plan, transferred, evaluations);
    return { ...written, evaluated, unusable: unusableIn(dataset, trained, ...evaluations) };
  } finally {
    await store.close();
  }
}

/**
 * The trainings of a transfer: the plain one, and one for each source and objective.
 * @throws UserError when a setting, a model or an image does not fit.
 */
export async function transferTrainings(
  settings: TransferSettings,
  given: Readonly<Record<string, unknown>>,
  context: ExperimentContext,
): Promise<SeriesPlan> {
  const plan = await planOf(settings, given, context);
  return { runs: seriesOf(plan), dataset: plan.dataset };
}

const seriesOf = ({ training, runs }: Plan): SeriesRun[] => [
  plainRun(training),
  ...runs.map((run) => seriesRun(training, run)),
];

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
  const files = await transferFiles(settings);
  const pairs = trainedPairs(chosen, files.sources, report.info);
  const needLabels = pairs.some(({ objective }) => objective.needsLabels);
  const dataset = await datasetFrom(settings, "train", { needLabels });
  for (const { objective, source } of pairs)
    if (source.kind === "class") await requireGradients([source.file], [objective], settings);
  const opener = new JudgeOpener(settings, report.info);
  const classes = await openClassesPart(opener, files, dataset);
  const boxes = await openBoxesPart(opener, files);
  if (needLabels)
    for (const { objective, source } of pairs)
      if (objective.needsLabels)
        await (await opener.open(source, classes?.dataset ?? dataset)).requireKnows(dataset.items, "train with");
  const { objective: _, ...training } = trainingPart(given);
  const runs = pairs.map(({ objective, lambda, source }) => {
    const name = modelTitle(source.file);
    const distance = distanceFor(source.kind === "class" ? "scores" : "heads", settings);
    return {
      source: name,
      sourceFile: source.file,
      name: `${objective.name}-${name}`,
      objective,
      lambda: (lambda ?? defaultLambda(objective, distance)) * source.weight,
    };
  });
  const judged = [classes, boxes].filter((part) => part !== undefined);
  return { settings, training: training as TrainingSettings, dataset, judged, runs };
}

/** An objective with its lambda, if that is not the default. */
interface ChosenObjective {
  readonly objective: Objective;
  readonly lambda: number | undefined;
}

/**
 * Each objective with each source. An objective that reads classes trains with classifiers only.
 * @throws UserError when two sources share a name, or a detector fits no objective.
 */
function trainedPairs(
  chosen: readonly ChosenObjective[],
  sources: readonly TransferSource[],
  info: (text: string) => void,
): (ChosenObjective & { readonly source: TransferSource })[] {
  requireDistinct(
    "source",
    sources.map(({ file }) => modelTitle(file)),
  );
  const fits = ({ objective }: ChosenObjective, { kind }: TransferSource) => kind === "class" || !objective.needsLabels;
  for (const source of sources) {
    const left = chosen.filter((each) => !fits(each, source)).map(({ objective }) => objective.name);
    if (left.length === chosen.length)
      throw new UserError(
        `cannot train with the detector ${source.file}: ${left.join(" and ")} reads the class of each image; ` +
          `set ${named("objective")} to unsupervised or feature`,
      );
    if (left.length > 0)
      info(`${source.file} is a detector: no training with ${left.join(" and ")}, which reads classes`);
  }
  return chosen.flatMap((each) =>
    sources.filter((source) => fits(each, source)).map((source) => ({ ...each, source })),
  );
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

async function write(plan: Plan, runs: readonly TransferRun[], evaluations: readonly Evaluation[]) {
  const { settings, training: given, dataset } = plan;
  const [evaluation, boxesEvaluation] = evaluations as [Evaluation, Evaluation?];
  const points = transferPoints(runs, ...(evaluations as [Evaluation, ...Evaluation[]]));
  const tables = transferTables(points, ...evaluations);
  const { config } = await resolveTraining(plainRun(given).settings, { dataset });
  const { steps, batch, crop, lr, seed } = config;
  const { processor, init = null } = settings;
  const data = { data: titleOfData(dataset), count: dataset.items.length };
  const training = { ...data, processor, init, steps, batch, crop, lr, seed };
  const at = (extension: string) => join(settings.out, `transfer.${extension}`);
  await writeBytes(at("json"), [`${JSON.stringify({ training, points, evaluation, boxesEvaluation }, null, 2)}\n`]);
  await writeBytes(at("md"), [`${transferSetting(training, ...evaluations)}\n\n${tables}\n`]);
  return { evaluation, evaluations, training, points, tables, results: at("json"), page: at("md") };
}
