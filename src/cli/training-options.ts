import { type Command, InvalidArgumentError, Option } from "commander";
import type { Task } from "../data/task.js";
import { UserError } from "../errors.js";
import { DEFAULT_NETWORK, networks } from "../networks/index.js";
import { DEFAULT_DISTANCE, type DistanceName, distanceNames, distanceOf } from "../objectives/distances.js";
import { type ImageLoss, imageLosses } from "../objectives/image-loss.js";
import { defaultLambda, findObjective, objectives } from "../objectives/index.js";
import { type Objective, readsOutput } from "../objectives/objective.js";
import { passes } from "../passes/index.js";
import type { TrainingConfig } from "../training/run-folder.js";
import { DEFAULT_TRANSFORMER } from "../training/transformer.js";
import {
  addDataOptions,
  addRecognizerOptions,
  addTaskOptions,
  type DataFlags,
  number,
  positiveInteger,
  type RecognizerFlags,
  selectionFrom,
  several,
  taskFrom,
} from "./options.js";

/** A recognizer's file and the factor of its loss. */
export interface WeightedFile {
  file: string;
  weight: number;
}

/** The flags of `addTrainingOptions` that hold for whatever objective and recognizers. */
export interface SharedTrainingFlags extends DataFlags, RecognizerFlags, Record<string, unknown> {
  task: string;
  imageLoss: ImageLoss;
  lambdaWarmup: number;
  distance?: DistanceName;
  feature: string[];
  featureWeight: number;
  transformer?: string;
  processor: string;
  init?: string;
  freeze: string[];
  steps?: number;
  epochs?: number;
  batch: number;
  crop: number;
  lr: number;
  lrDrops: number[];
  seed: number;
  out: string;
  checkpoint: number;
  threads?: number;
  device?: "cpu" | "cuda" | "webgpu";
  passes: string;
}

/** The flags of `addTrainingOptions`. */
export interface TrainingFlags extends SharedTrainingFlags {
  objective: string;
  recognizer: WeightedFile[];
}

/** Collects a flag given several times as FILE or FILE=WEIGHT. */
export function weightedFiles(text: string, earlier: readonly WeightedFile[] = []): WeightedFile[] {
  const [, file = text, given] = /^(.+)=([^=/\\]*)$/.exec(text) ?? [];
  const weight = given === undefined ? 1 : Number(given);
  if (given?.trim() === "" || !Number.isFinite(weight) || weight <= 0)
    throw new InvalidArgumentError(
      "Expected FILE or FILE=WEIGHT with a weight above 0, for instance resnet18.onnx=0.5.",
    );
  return [...earlier, { file, weight }];
}

/** Adds the flags that say how a processor is trained, all but lambda. */
export function addTrainingOptions(command: Command): Command {
  addDataOptions(addTaskOptions(command), { description: "training images", part: "train" })
    .addOption(
      choice(
        "--objective <name>",
        "what to minimize",
        objectives.map(({ name }) => name),
      ).default("plain"),
    )
    .option(
      "--recognizer <file[=weight]>",
      "the frozen recognizer R (any ONNX classifier); several, with weights, add up",
      weightedFiles,
      [],
    );
  return addSharedTrainingOptions(command);
}

/** Adds those of them that hold for whatever objective and recognizers; `addDataOptions` and `addTaskOptions` go before. */
export function addSharedTrainingOptions(command: Command): Command {
  command
    .addOption(choice("--image-loss <name>", "how P(x) is compared with y", imageLosses).default("mse"))
    .option("--lambda-warmup <steps>", "let lambda rise from 0 over so many steps", wholeNumber, 0)
    .addOption(choice("--distance <name>", `for unsupervised (default: ${DEFAULT_DISTANCE})`, distanceNames))
    .option(
      "--feature <name>",
      "a value inside R to compare, several times for several (default: its last map at each of four resolutions)",
      several,
      [],
    )
    .option(
      "--feature-weight <w>",
      "for ra, transformer and unsupervised: add w * the relative squared distance of values inside R to the recognition loss",
      number,
      0,
    )
    .option("--transformer <name>", `for transformer: the network T, of scale 1 (default: ${DEFAULT_TRANSFORMER})`)
    .option(
      "--processor <name|file>",
      "the processor P: a network below, or an ONNX file to go on from",
      DEFAULT_NETWORK,
    )
    .option("--init <file>", "begin with the weights of this trained processor of the same make")
    .option(
      "--freeze <pattern>",
      "keep weights whose names match, such as 'body.*'; may be given several times",
      several,
      [],
    )
    .option("--steps <n>", "steps of the optimizer", positiveInteger)
    .addOption(
      new Option("--epochs <n>", "in place of --steps: how often each image is seen")
        .argParser(positiveInteger)
        .conflicts("steps"),
    )
    .option("--batch <n>", "images in a step", positiveInteger, 8)
    .option("--crop <pixels>", "side of the clean crops", positiveInteger, 128)
    .option("--lr <x>", "highest learning rate of Adam; it falls along a cosine", number, 5e-4)
    .option("--lr-drops <epochs>", "in place of the cosine: a tenth of it after each of these epochs", epochs, [])
    .option("--seed <n>", "of everything random", number, 0)
    .option("--checkpoint <steps>", "write a checkpoint every so many steps", positiveInteger, 100)
    .option("--threads <n>", "threads to compute with (default: one per core)", positiveInteger)
    .addOption(choice("--device <name>", "where to compute", ["cpu", "cuda", "webgpu"]).default("cpu"))
    .option("--passes <names>", "faster forms of the graph, for diagnosis: all, none, or names below", "all");
  return addRecognizerOptions(command);
}

const choice = (flags: string, description: string, values: readonly string[]): Option =>
  new Option(flags, description).choices(values);

/** 0, 1, 2, … */
function wholeNumber(text: string): number {
  return text.trim() === "0" ? 0 : positiveInteger(text);
}

/** "4,5" */
const epochs = (text: string): number[] => text.split(",").map(positiveInteger);

interface Listed {
  readonly name: string;
  readonly summary: string;
}

/** The summary with the lambda that holds where none is given. */
const withLambda = ({ name, summary, defaultLambda: lambda }: Listed & { defaultLambda: number | null }): Listed => ({
  name,
  summary: lambda ? `${summary} (lambda ${lambda})` : summary,
});

const list = (entries: readonly Listed[], width: number): string =>
  entries.map(({ name, summary }) => `  ${name.padEnd(width)} ${summary}`).join("\n");

/** What can be chosen by those flags, for the help text. */
export const trainingChoices = `
Objectives (x degraded, y clean, P the processor, R the recognizer):
${list(objectives.map(withLambda), 13)}

Distances of the objective unsupervised, R(y) being the aim:
${list(
  distanceNames.map((name) => withLambda({ name, ...distanceOf(name) })),
  13,
)}

Processors:
${list(networks, 13)}

Passes:
${list(passes, 20)}`;

/** The flags of one of several trainings: with this objective and recognizer, without the settings of other objectives. */
export function flagsOfRun(
  { distance, feature, featureWeight, transformer, ...shared }: SharedTrainingFlags,
  objective: Objective,
  recognizer: WeightedFile[],
): TrainingFlags {
  const { name, reads, transforms } = objective;
  const weight = readsOutput(objective) ? featureWeight : 0;
  return {
    ...shared,
    objective: name,
    recognizer,
    feature: reads === "features" || weight > 0 ? feature : [],
    featureWeight: weight,
    ...(reads === "output" && distance && { distance }),
    ...(transforms && transformer && { transformer }),
  };
}

/**
 * What those flags ask for.
 * @param images how many there are to train on.
 * @param lambda weight of the recognition loss. Default: the objective's.
 * @throws UserError for a value that is missing or out of range, and for an unknown task or a setting that is not the
 * objective's.
 */
export function trainingConfig(
  flags: TrainingFlags,
  images: number,
  lambda?: number,
): { config: TrainingConfig; task: Task } {
  const task = taskFrom(flags);
  const objective = findObjective(flags.objective);
  if (flags.lr <= 0) throw new UserError("--lr has to be above 0");
  if (flags.featureWeight < 0) throw new UserError("--feature-weight has to be 0 or more");
  if (flags.transformer !== undefined && !objective.transforms)
    throw new UserError(`--transformer belongs to the objective transformer, not to ${objective.name}`);
  const { steps, lrDrops } = scheduleFrom(flags, images);
  const distance = flags.distance ?? null;
  const config: TrainingConfig = {
    task: task.name,
    options: { ...task.options },
    objective: objective.name,
    lambda: lambda ?? defaultLambda(objective, distance),
    lambdaWarmup: flags.lambdaWarmup,
    imageLoss: flags.imageLoss,
    recognizer: flags.recognizer,
    distance,
    features: flags.feature,
    featureWeight: flags.featureWeight,
    transformer: flags.transformer,
    processor: flags.processor,
    init: flags.init ?? null,
    freeze: flags.freeze,
    data: flags.data,
    selection: selectionFrom(flags),
    steps,
    batch: flags.batch,
    crop: flags.crop,
    lr: flags.lr,
    lrDrops,
    seed: flags.seed,
    passes: flags.passes,
  };
  return { config, task };
}

/** Steps of the whole run, and those from which the learning rate is lower. */
function scheduleFrom({ steps, epochs, batch, lrDrops }: TrainingFlags, images: number) {
  const after = (epoch: number): number => Math.ceil((epoch * images) / batch);
  const total = steps ?? (epochs && after(epochs));
  if (total === undefined) throw new UserError("say how long to train: --steps N, or --epochs N");
  const drops = lrDrops.map(after);
  if (drops.some((drop) => drop >= total))
    throw new UserError(
      `--lr-drops ${lrDrops} has to come before the end: ${total} steps are ${((total * batch) / images).toFixed(1)} epochs`,
    );
  return { steps: total, lrDrops: drops };
}
