import { readdir } from "node:fs/promises";
import { basename, dirname, join, relative, sep } from "node:path";
import { z } from "zod";
import type { Evaluation } from "../evaluation/evaluation.js";
import { DEFAULT_NETWORK } from "../networks/index.js";
import { readText, readTextIfThere } from "../platform/node/files.js";
import { readModel, sha256OfFile } from "../platform/node/models.js";
import { cardOf } from "../processors/card.js";
import type { StudyAnalysis } from "../study/analysis/analysis.js";
import type { Stage } from "./plan.js";
import type { NamedRecipe } from "./recipe.js";

/** The results of a recipe. */
export interface Findings {
  readonly recipe: string;
  readonly title: string;
  readonly about: string;
  /** Command lines, by stage. */
  readonly commands: readonly { readonly stage: string; readonly command: string }[];
  readonly trainings: readonly Training[];
  readonly evaluations: readonly { readonly stage: string; readonly evaluation: Evaluation }[];
  readonly studies: readonly { readonly stage: string; readonly analysis: StudyFindings }[];
}

/** The analysis of a study, with the paragraph about its methods. */
export type StudyFindings = StudyAnalysis & { readonly methods: string };

/** A training run, of a processor or a recognizer. */
export interface Training {
  /** The folder, relative to that of the recipe. */
  readonly run: string;
  readonly settings: Settings;
  /** Number of training images; null where no card has it. */
  readonly images: number | null;
  /** SHA-256 of log.jsonl and of model.onnx. */
  readonly log: string;
  readonly model: string;
}

/** The part of a run's config.json that is reported. */
const Settings = z.object({
  objective: z.string().optional(),
  lambda: z.number().optional(),
  /** A recognizer's network. */
  network: z.string().optional(),
  steps: z.number(),
  batch: z.number(),
  /** Side in pixels of a processor's crops, and of a recognizer's input. */
  crop: z.number().optional(),
  size: z.number().optional(),
  lr: z.number(),
  seed: z.number(),
});
type Settings = z.infer<typeof Settings> & { readonly processor?: string };
const Run = z.object({ config: Settings, settings: z.object({ processor: z.string().optional() }) });

/** "ra, λ 0.001, compact-m" */
export const trainingTitle = ({ network, objective, lambda, processor }: Settings): string =>
  network === undefined
    ? [objective, ...(lambda ? [`λ ${lambda}`] : []), processor].join(", ")
    : `recognizer ${network}`;

const LOG = "log.jsonl";
/** The file in a stage's folder that `evaluate` writes. */
export const RESULTS = "results.json";
/** The file that `study analyze` writes. */
export const STUDY_ANALYSIS = "analysis.json";
/** The files that `sweep` and `transfer` write. */
const SERIES = ["sweep.json", "transfer.json"];

/**
 * Reads the results in the folders of a recipe's stages.
 * @param commandOf the command line of a stage.
 */
export async function findingsOf(
  { name, title, about }: NamedRecipe,
  stages: readonly Stage[],
  commandOf: (stage: Stage) => string,
): Promise<Findings> {
  const trainings: Training[] = [];
  const evaluations: { stage: string; evaluation: Evaluation }[] = [];
  const studies: { stage: string; analysis: StudyFindings }[] = [];
  for (const { name: stage, folder } of stages) {
    const study = await readTextIfThere(join(folder, STUDY_ANALYSIS));
    if (study !== undefined) studies.push({ stage, analysis: JSON.parse(study) });
    const files = (await readdir(folder, { recursive: true })).sort();
    for (const file of files)
      if (basename(file) === LOG) trainings.push(await trainingIn(dirname(join(folder, file)), dirname(folder)));
    for (const [part, evaluation] of Object.entries(await evaluationsIn(folder)))
      if (evaluation) evaluations.push({ stage: part === "boxes" ? `${stage}-boxes` : stage, evaluation });
  }
  const commands = stages.map((stage) => ({ stage: stage.name, command: commandOf(stage) }));
  return { recipe: name, title, about, commands, trainings, evaluations, studies };
}

async function trainingIn(folder: string, recipeFolder: string): Promise<Training> {
  const model = join(folder, "model.onnx");
  return {
    run: relative(recipeFolder, folder).split(sep).join("/"),
    settings: settingsIn(await readText(join(folder, "config.json"))),
    images: cardOf(await readModel(model))?.data.count ?? null,
    log: await sha256OfFile(join(folder, LOG)),
    model: await sha256OfFile(model),
  };
}

function settingsIn(text: string): Settings {
  const { config, settings } = Run.parse(JSON.parse(text));
  return { ...config, processor: settings.processor ?? DEFAULT_NETWORK };
}

/** The evaluations of a stage. */
interface StageEvaluations {
  readonly judged?: Evaluation;
  /** Of a transfer that judges on images with classes and on images with boxes, the second. */
  readonly boxes?: Evaluation;
}

/** The evaluations of `evaluate`, `sweep` or `transfer`. */
async function evaluationsIn(folder: string): Promise<StageEvaluations> {
  const results = await readTextIfThere(join(folder, RESULTS));
  if (results !== undefined) return { judged: JSON.parse(results) };
  for (const name of SERIES) {
    const text = await readTextIfThere(join(folder, name));
    if (text === undefined) continue;
    const { evaluation: judged, boxesEvaluation: boxes } = JSON.parse(text);
    return { judged, boxes };
  }
  return {};
}
