import { z } from "zod";
import { Handlings } from "../data/handling/handling.js";
import { dataSettings } from "../data/settings.js";
import { taskSettings } from "../data/tasks/settings.js";
import { UserError } from "../errors.js";
import { DEFAULT_NETWORK } from "../networks/index.js";
import { DEFAULT_DISTANCE, DEFAULT_HEAD_DISTANCE, distanceNames } from "../objectives/distances.js";
import { imageLosses } from "../objectives/image-loss.js";
import { namesOf, objectives } from "../objectives/index.js";
import {
  type Objective,
  readsDistance,
  readsFeatures,
  readsOutput,
  readsRecognizer,
  readsTransformer,
} from "../objectives/objective.js";
import { recognizerInputSettings } from "../recognition/settings.js";
import {
  listOf,
  named,
  nonnegativeNumber,
  path,
  positiveInteger,
  positiveNumber,
  seed,
  sideLength,
  threadCount,
  wholeNumber,
} from "../settings.js";
import { DEFAULT_TRANSFORMER } from "./transformer.js";

/** A recognizer's file and the weight of its loss. */
export interface WeightedFile {
  readonly file: string;
  readonly weight: number;
}

/** "FILE", "FILE=WEIGHT" or the same as an object. */
export const WeightedFile = z
  .union([z.string(), z.object({ file: z.string(), weight: positiveNumber().default(1) })])
  .transform((given, context): WeightedFile => {
    if (typeof given !== "string") return given;
    const [, file = given, text] = /^(.+)=([^=/\\]*)$/.exec(given) ?? [];
    const weight = text === undefined ? 1 : Number(text);
    if (text?.trim() !== "" && Number.isFinite(weight) && weight > 0) return { file, weight };
    context.addIssue({ code: "custom", message: "must be FILE or FILE=WEIGHT with a weight above 0" });
    return z.NEVER;
  });

const objectiveNames = objectives.map(({ name }) => name) as [string, ...string[]];

/** The objectives that read a setting, as in "the objectives ra and transformer". */
function titleOf(reads: (objective: Objective) => boolean): string {
  return `the objective${objectives.filter(reads).length > 1 ? "s" : ""} ${namesOf(reads)}`;
}

/** The settings of a training that hold for every objective and recognizer. */
export const sharedTrainingSettings = {
  ...taskSettings,
  ...dataSettings("training images", "train"),
  imageLoss: z.enum(imageLosses).default("mse").describe("loss between P(x) and y"),
  latticeWeight: nonnegativeNumber()
    .default(0)
    .describe(
      `weight of the loss of patterns that repeat every 4 pixels, beside the image loss; for ${namesOf(readsTransformer)}, also in the loss of T`,
    )
    .meta({ placeholder: "w" }),
  lambdaWarmup: wholeNumber()
    .default(0)
    .describe("steps over which lambda rises linearly from 0")
    .meta({ placeholder: "steps" }),
  distance: z
    .enum(distanceNames)
    .optional()
    .describe(
      `for ${namesOf(readsDistance)}: distance between R(P(x)) and R(y) (default: ${DEFAULT_DISTANCE}; of a detector ${DEFAULT_HEAD_DISTANCE})`,
    ),
  feature: listOf(z.string())
    .optional()
    .describe(
      "name of a feature map of R to compare; may be repeated (default: the last map at each of four resolutions)",
    )
    .meta({ placeholder: "name" }),
  featureWeight: nonnegativeNumber()
    .default(0)
    .describe(
      `for ${namesOf(readsOutput)}: weight of the relative squared distance of R's features, added to the recognition loss`,
    )
    .meta({ placeholder: "w" }),
  transformer: z
    .string()
    .optional()
    .describe(
      `for ${namesOf(readsTransformer)}: name of the network T, whose scale is 1 (default: ${DEFAULT_TRANSFORMER})`,
    )
    .meta({ placeholder: "name" }),
  transformerWeight: nonnegativeNumber()
    .default(0)
    .describe(
      `for ${namesOf(readsTransformer)}: weight of the squared difference of T(P(x)) from P(x) in the loss of T, which keeps them alike`,
    )
    .meta({ placeholder: "w" }),
  after: Handlings.optional()
    .describe(
      "random handling of P(x) and y before R: jpeg:QUALITY, resize:FACTOR, shift:PIXELS, blur:SIGMA, noise:SIGMA, each a value or a range lo..hi, separated by commas",
    )
    .meta({ placeholder: "kind:range" }),
  ...recognizerInputSettings,
  processor: z
    .string()
    .default(DEFAULT_NETWORK)
    .describe("the processor P: the name of a network, or an ONNX file to fine-tune")
    .meta({ placeholder: "name|file" }),
  init: path("initial weights: a trained processor of the same architecture, at any scale", {
    placeholder: "file",
  }).optional(),
  freeze: listOf(z.string())
    .optional()
    .describe("freeze the weights whose names match a pattern, such as 'body.*'; may be repeated")
    .meta({ placeholder: "pattern" }),
  steps: positiveInteger().optional().describe("optimizer steps").meta({ placeholder: "n" }),
  epochs: positiveInteger()
    .optional()
    .describe("number of passes over the images, instead of steps")
    .meta({ placeholder: "n" }),
  batch: positiveInteger(65536).default(8).describe("batch size: images per step").meta({ placeholder: "n" }),
  crop: sideLength().default(128).describe("side of the clean crops in pixels").meta({ placeholder: "pixels" }),
  lr: positiveNumber()
    .default(5e-4)
    .describe("peak learning rate of Adam, with cosine decay")
    .meta({ placeholder: "x" }),
  lrDrops: listOf(positiveInteger())
    .optional()
    .describe("epochs after which the learning rate is divided by 10, instead of cosine decay")
    .meta({ placeholder: "epochs" }),
  seed: seed("random seed"),
  passes: z
    .string()
    .default("all")
    .describe("graph passes, for diagnosis: all, none, or names of passes")
    .meta({ placeholder: "names" }),
};

/** The settings that determine the result of a training. */
export const trainingSettings = z.object({
  ...sharedTrainingSettings,
  objective: z.enum(objectiveNames).default("plain").describe("training objective").meta({ placeholder: "name" }),
  lambda: nonnegativeNumber()
    .optional()
    .describe("weight of the recognition loss (default: the objective's)")
    .meta({ placeholder: "x" }),
  recognizer: listOf(WeightedFile)
    .optional()
    .describe(
      "the frozen recognizer R: any ONNX classifier, segmenter or detector; may be repeated, each with a weight",
    )
    .meta({ placeholder: "file[=weight]" }),
  rotate: z
    .boolean()
    .default(false)
    .describe("use one recognizer per step, in turn, instead of all; a step takes less time"),
});

/** Settings before defaults are filled in. */
export type TrainingSettings = z.input<typeof trainingSettings>;
/** Settings with defaults filled in. */
export type ParsedTrainingSettings = z.output<typeof trainingSettings>;

/** How a training runs. These settings do not affect the result. */
export const runSettings = {
  out: path("folder of the run: model.onnx, log.jsonl, checkpoint, configuration", { placeholder: "folder" }),
  checkpoint: positiveInteger().default(100).describe("steps between checkpoints").meta({ placeholder: "steps" }),
  threads: threadCount().meta({ placeholder: "n" }),
  device: z.enum(["cpu", "cuda", "webgpu"]).default("cpu").describe("device to train on").meta({ placeholder: "name" }),
};

type Given = Readonly<Record<string, unknown>>;

interface Reader {
  /** The objectives that read the setting, for messages. */
  readonly readers: string;
  reads(objective: Objective, given: Given): boolean;
}

const withRecognizer: Reader = {
  readers: `an objective with a recognizer (${namesOf(readsRecognizer)})`,
  reads: readsRecognizer,
};

/** The settings that not every objective reads. */
const readers: Readonly<Record<string, Reader>> = {
  lambda: withRecognizer,
  lambdaWarmup: withRecognizer,
  recognizer: withRecognizer,
  after: withRecognizer,
  rotate: withRecognizer,
  ...Object.fromEntries(Object.keys(recognizerInputSettings).map((key) => [key, withRecognizer])),
  distance: { readers: titleOf(readsDistance), reads: readsDistance },
  transformer: { readers: titleOf(readsTransformer), reads: readsTransformer },
  transformerWeight: { readers: titleOf(readsTransformer), reads: readsTransformer },
  featureWeight: { readers: titleOf(readsOutput), reads: readsOutput },
  feature: {
    readers: `${titleOf(readsFeatures)}, or another with ${named("featureWeight")} above 0`,
    reads: (objective, { featureWeight }) =>
      readsFeatures(objective) || (readsOutput(objective) && Number(featureWeight ?? 0) > 0),
  },
};

/** @throws UserError for a setting that none of the objectives reads. */
export function requireRead(chosen: readonly Objective[], given: Given): void {
  for (const [key, { readers: names, reads }] of Object.entries(readers))
    if (given[key] !== undefined && !chosen.some((objective) => reads(objective, given)))
      throw new UserError(`${named(key)} is for ${names}, not for ${chosen.map(({ name }) => name).join(", ")}`);
}

/** The settings without those that the objective does not read. */
export const onlyRead = <Settings extends Given>(objective: Objective, given: Settings): Settings =>
  Object.fromEntries(
    Object.entries(given).filter(([key]) => readers[key]?.reads(objective, given) ?? true),
  ) as unknown as Settings;
