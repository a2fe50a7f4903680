import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { basename, dirname, join, relative, sep } from "node:path";
import { z } from "zod";
import type { Evaluation } from "../evaluation/evaluation.js";
import { readTextIfThere } from "../platform/node/files.js";
import { readModel } from "../platform/node/models.js";
import { cardOf } from "../processors/card.js";
import type { Stage } from "./plan.js";
import type { NamedRecipe } from "./recipe.js";

/** What the stages of a recipe left. */
export interface Findings {
  readonly recipe: string;
  readonly title: string;
  readonly about: string;
  /** As they would be typed, by stage. */
  readonly commands: readonly { readonly stage: string; readonly command: string }[];
  readonly trainings: readonly Training[];
  readonly evaluations: readonly { readonly stage: string; readonly evaluation: Evaluation }[];
}

/** A run's folder, of a processor or a recognizer. */
export interface Training {
  /** The folder, from that of the recipe on. */
  readonly run: string;
  readonly settings: Settings;
  /** How many it was trained on; null where no card says it. */
  readonly images: number | null;
  /** SHA-256 of log.jsonl and of model.onnx. */
  readonly log: string;
  readonly model: string;
}

/** What decided it, of its config.json. */
const Settings = z.object({
  objective: z.string().optional(),
  lambda: z.number().optional(),
  processor: z.string().optional(),
  /** Of a recognizer. */
  network: z.string().optional(),
  steps: z.number(),
  batch: z.number(),
  /** Side of the crops of a processor, and of a recognizer's pictures, in pixels. */
  crop: z.number().optional(),
  size: z.number().optional(),
  lr: z.number(),
  seed: z.number(),
});
type Settings = z.infer<typeof Settings>;

const LOG = "log.jsonl";
/** Where `legible evaluate --json` is told to write in a stage's folder. */
export const RESULTS = "results.json";
/** What `legible sweep` and `legible transfer` leave. */
const SERIES = ["sweep.json", "transfer.json"];

/**
 * Reads what is in the folders of a recipe's stages.
 * @param commandOf a stage as it would be typed.
 */
export async function findingsOf(
  { name, title, about }: NamedRecipe,
  stages: readonly Stage[],
  commandOf: (stage: Stage) => string,
): Promise<Findings> {
  const trainings: Training[] = [];
  const evaluations: { stage: string; evaluation: Evaluation }[] = [];
  for (const { name: stage, folder } of stages) {
    const files = (await readdir(folder, { recursive: true })).sort();
    for (const file of files)
      if (basename(file) === LOG) trainings.push(await trainingIn(dirname(join(folder, file)), dirname(folder)));
    const evaluation = await evaluationIn(folder);
    if (evaluation) evaluations.push({ stage, evaluation });
  }
  const commands = stages.map((stage) => ({ stage: stage.name, command: commandOf(stage) }));
  return { recipe: name, title, about, commands, trainings, evaluations };
}

async function trainingIn(folder: string, recipeFolder: string): Promise<Training> {
  const model = join(folder, "model.onnx");
  const sha256 = async (path: string) =>
    createHash("sha256")
      .update(await readFile(path))
      .digest("hex");
  return {
    run: relative(recipeFolder, folder).split(sep).join("/"),
    settings: Settings.parse(JSON.parse(await readFile(join(folder, "config.json"), "utf8"))),
    images: cardOf(await readModel(model))?.data.count ?? null,
    log: await sha256(join(folder, LOG)),
    model: await sha256(model),
  };
}

/** What `evaluate`, or a command that judges what it has trained, found. */
async function evaluationIn(folder: string): Promise<Evaluation | undefined> {
  const results = await readTextIfThere(join(folder, RESULTS));
  if (results !== undefined) return JSON.parse(results);
  for (const name of SERIES) {
    const text = await readTextIfThere(join(folder, name));
    if (text !== undefined) return JSON.parse(text).evaluation;
  }
  return undefined;
}
