import { join, resolve } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import type { Dataset } from "../data/dataset.js";
import { UserError } from "../errors.js";
import { requireDistinct } from "../evaluation/evaluate.js";
import type { Evaluation } from "../evaluation/evaluation.js";
import { defaultLambda, findObjective, objectives } from "../objectives/index.js";
import { type Objective, readsOutput } from "../objectives/objective.js";
import { plain } from "../objectives/plain.js";
import { writeBytes } from "../platform/node/files.js";
import { openClassifier } from "../recognition/classifier.js";
import type { Judge } from "../recognition/judge.js";
import { PLAIN, type TransferRun, transferPoints, transferSetting, transferTables } from "../report/transfer.js";
import {
  addDataOptions,
  addTaskOptions,
  dataHelp,
  datasetFrom,
  recognizerFrom,
  several,
  titleOfData,
} from "./options.js";
import {
  addSeriesOptions,
  judgedImages,
  judgeSeries,
  type SeriesFlags,
  type SeriesRun,
  threadsOf,
  trainSeries,
} from "./series.js";
import { untilStopped } from "./stop.js";
import { addSharedTrainingOptions, flagsOfRun, trainingChoices, trainingConfig } from "./training-options.js";

interface Flags extends SeriesFlags {
  source: string[];
  target: string[];
  objective: WeightedObjective[];
  evaluateClasses?: string;
}

interface WeightedObjective {
  readonly objective: Objective;
  /** Default: the objective's. */
  readonly lambda?: number;
}

const description = "train processors with the loss of each of several recognizers, and judge what others gain";

const command = addDataOptions(addTaskOptions(new Command("transfer").description(description)), {
  description: "training images",
  part: "train",
})
  .requiredOption("--source <file>", "a recognizer to train with (ONNX); may be given several times", several)
  .option("--target <file>", "a classifier that only judges (ONNX); may be given several times", several, [])
  .requiredOption(
    "--objective <name[=lambda]>",
    `what to minimize: ${objectives
      .filter(({ reads }) => reads)
      .map(({ name }) => name)
      .join(", ")}; may be given several times`,
    weightedObjectives,
  )
  .option("--evaluate-classes <list>", "judge on images of these classes (default: those of --classes)");

export const transferCommand = addSeriesOptions(addSharedTrainingOptions(command))
  .requiredOption("--out <folder>", "where runs/, transfer.md and transfer.json go")
  .addHelpText(
    "after",
    `${trainingChoices}

${dataHelp.trim()}

A processor is trained for each source with each objective, and one by the image loss alone (plain), all with the same steps
from --init or from the same drawn weights. A table for each objective has sources down and judges across: what is gained over
plain in points of top-1, with paired 95 % intervals. With the objective transformer it is T(P(x)) that is judged.

Sources judge beside the targets where the images to judge are of the classes that were trained on: without --evaluate-classes, and
where --data and --evaluate call their classes the same or nothing says what they are called. Elsewhere the targets judge alone; a
source that knows those classes all the same is given as a --target too. What says how a recognizer wants its images, and --output,
holds for all. --split divides --data. Ctrl-C is safe: the same command goes on where it stopped, and one with
other targets or images to judge only judges again.

Examples:
  Architectures: do recognizers gain that were never met?
  $ legible transfer --data imagenet/train --source resnet18.onnx --source vgg16.onnx --target densenet121.onnx \\
      --objective ra --objective unsupervised --evaluate imagenet/val --init runs/start/model.onnx --crop 224 --steps 2000 \\
      --out transfer/architectures
  Categories: R and P learn half of the classes; recognizers of the other half judge. These are trained by
  \`legible train-recognizer --classes 500-999\`, R by \`--classes 0-499\`.
  $ legible transfer --data imagenet/train --classes 0-499 --source half-a.onnx --target half-b.onnx --objective ra=1e-3 \\
      --evaluate imagenet/val --evaluate-classes 500-999 --crop 224 --steps 2000 --out transfer/categories
  Data sets: R and P learn one; recognizers of another judge there.
  $ legible transfer --data imagenet/train --source resnet18.onnx --target cifar-resnet.onnx --objective ra \\
      --evaluate cifar-10-batches-bin --crop 224 --steps 2000 --out transfer/datasets`,
  )
  .action((flags: Flags) => untilStopped((signal) => run(flags, signal)));

/** Collects a flag given several times as NAME or NAME=LAMBDA. */
function weightedObjectives(text: string, earlier: readonly WeightedObjective[] = []): WeightedObjective[] {
  const [name = "", given] = text.split("=");
  const objective = findObjective(name);
  if (objective.reads === null)
    throw new UserError(`the objective ${name} has no recognizer whose gain could carry over`);
  if (earlier.some((other) => other.objective === objective))
    throw new InvalidArgumentError(`The objective ${name} is given twice.`);
  if (given === undefined) return [...earlier, { objective }];
  const lambda = given.trim() === "" ? Number.NaN : Number(given);
  if (Number.isFinite(lambda) && lambda > 0) return [...earlier, { objective, lambda }];
  throw new InvalidArgumentError("Expected NAME or NAME=LAMBDA with a lambda above 0, for instance ra=1e-3.");
}

async function run(flags: Flags, signal: AbortSignal): Promise<void> {
  requireRead(flags);
  const needLabels = flags.objective.some(({ objective }) => objective.needsLabels);
  const dataset = await datasetFrom(flags, { needLabels });
  const judged = await judgedImages(flags, dataset, flags.evaluateClasses);
  const loaded = await loadAll([...flags.source, ...flags.target], flags);
  const sources = await sourcesOf(flags, loaded, needLabels ? dataset : null);
  const judges = await judgesOf(flags, loaded, dataset, judged);
  const planned = planOf(flags, sources);
  const series = [
    runOf(flags, { name: PLAIN, objective: plain, lambda: 0 }),
    ...planned.map((each) => runOf(flags, each)),
  ];
  const models = await trainSeries(series, flags.out, dataset, signal);
  const evaluation = await judgeSeries(models, judged, judges, flags, signal);
  const runs = planned.map(({ objective, ...each }, i) => ({
    ...each,
    objective: objective.name,
    model: models[i + 1]?.model as string,
  }));
  await writeResults(flags, dataset, runs, evaluation);
}

/** @throws UserError for a setting that none of the objectives reads, and for values inside several recognizers. */
function requireRead({ objective: given, distance, feature, featureWeight, transformer, source }: Flags): void {
  const some = (reads: (objective: Objective) => boolean) => given.some(({ objective }) => reads(objective));
  const refuse = (flag: string, name: string) =>
    new UserError(`${flag} belongs to --objective ${name}, which is not given`);
  if (distance !== undefined && !some(({ reads }) => reads === "output")) throw refuse("--distance", "unsupervised");
  if (transformer !== undefined && !some(({ transforms }) => transforms)) throw refuse("--transformer", "transformer");
  if (featureWeight > 0 && !some(readsOutput)) throw refuse("--feature-weight", "ra, transformer or unsupervised");
  if (feature.length === 0) return;
  if (!some(({ reads }) => reads === "features") && featureWeight === 0) throw refuse("--feature", "feature");
  if (source.length > 1)
    throw new UserError("values named by --feature are those of one recognizer: give one --source, or no --feature");
}

/** Recognizers by their files, each once. */
type Loaded = ReadonlyMap<string, Judge>;

async function loadAll(files: readonly string[], flags: Flags): Promise<Loaded> {
  const loaded = new Map<string, Judge>();
  for (const file of new Set(files.map((each) => resolve(each))))
    loaded.set(file, await openClassifier(file, recognizerFrom(flags), threadsOf(flags)));
  return loaded;
}

/** A source as it was given. */
interface Source {
  readonly source: string;
  readonly sourceFile: string;
}

/**
 * @param dataset the training images where an objective reads their classes.
 * @throws UserError when two sources have one name, or one does not know a class of these images.
 */
async function sourcesOf(flags: Flags, loaded: Loaded, dataset: Dataset | null): Promise<Source[]> {
  const sources: Source[] = [];
  for (const file of flags.source) {
    const recognizer = loaded.get(resolve(file)) as Judge;
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
 * Who judges: the sources, where the images are of the classes that they taught, and the targets.
 * @throws UserError when nobody does, two have one name, or one does not know a class of the images.
 */
async function judgesOf(flags: Flags, loaded: Loaded, dataset: Dataset, judged: Dataset): Promise<Judge[]> {
  const same = flags.evaluateClasses === undefined && dataset.classes?.join("\n") === judged.classes?.join("\n");
  const files = new Set([...(same ? flags.source : []), ...flags.target].map((file) => resolve(file)));
  if (files.size === 0)
    throw new UserError(
      `nobody can judge ${titleOfData(judged)}: it is of other classes than were trained on. Give recognizers of these by --target`,
    );
  if (!same) console.error("the images to judge are of other classes than were trained on: the targets alone judge");
  const judges = [...files].map((file) => loaded.get(file) as Judge);
  requireDistinct(
    "recognizer",
    judges.map(({ name }) => name),
  );
  for (const judge of judges) await judge.requireKnows(judged.items, "judge");
  return judges;
}

/** A training with a source, before it is run. */
interface Planned extends Source {
  /** Of its row, its folder and its lines on standard error. */
  readonly name: string;
  readonly objective: Objective;
  readonly lambda: number;
}

const planOf = ({ objective: given, distance }: Flags, sources: readonly Source[]): Planned[] =>
  given.flatMap(({ objective, lambda = defaultLambda(objective, distance ?? null) }) =>
    sources.map((source) => ({ ...source, name: `${objective.name}-${source.source}`, objective, lambda })),
  );

function runOf(
  flags: Flags,
  { name, objective, lambda, sourceFile }: Omit<Planned, keyof Source> & Partial<Source>,
): SeriesRun {
  const recognizer = sourceFile === undefined ? [] : [{ file: sourceFile, weight: 1 }];
  return { name, folder: join("runs", name), flags: flagsOfRun(flags, objective, recognizer), lambda };
}

async function writeResults(
  flags: Flags,
  dataset: Dataset,
  runs: readonly TransferRun[],
  evaluation: Evaluation,
): Promise<void> {
  const points = transferPoints(runs, evaluation);
  const tables = transferTables(points, evaluation);
  const { config } = trainingConfig(flagsOfRun(flags, plain, []), dataset.items.length);
  const { processor, init, steps, batch, crop, lr, seed } = config;
  const training = {
    data: titleOfData(dataset),
    count: dataset.items.length,
    processor,
    init,
    steps,
    batch,
    crop,
    lr,
    seed,
  };
  const at = (ending: string) => join(flags.out, `transfer.${ending}`);
  await writeBytes(at("json"), [`${JSON.stringify({ training, points, evaluation }, null, 2)}\n`]);
  await writeBytes(at("md"), [`${transferSetting(training, evaluation)}\n\n${tables}\n`]);
  console.log(`${tables}\n\ntables:  ${at("md")}\nresults: ${at("json")}`);
}
