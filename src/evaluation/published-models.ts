import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { grouped } from "../grouped.js";
import { signed } from "../number-text.js";
import { decodeMessage } from "../onnx/decode.js";
import type { Graph } from "../onnx/graph.js";
import { typeCodes } from "../onnx/schema.js";
import { sizeOf } from "../onnx/tensor.js";
import { readModel, sha256OfFile } from "../platform/node/models.js";
import { type Card, cardOf, recognizersBehind } from "../processors/card.js";
import { parametersOf } from "../processors/weights.js";
import { samePair } from "./compared.js";
import type { Evaluation } from "./evaluation.js";
import { gainText } from "./text.js";

/** How a model was trained, as far as its card does not state it: `results/models/trainings.json`, by model. */
const TrainingNotes = z.record(
  z.string(),
  z.strictObject({
    /** Time of the training on the clock, without that of its initial weights. */
    minutes: z.number().positive(),
    machine: z.string(),
    /** Where the initial weights come from. */
    start: z.string().optional(),
    /** The folders of images that the initial weights were trained with. */
    startData: z.array(z.string()).optional(),
    /** How the file was chosen among several trainings. */
    choice: z.string().optional(),
  }),
);
type TrainingNote = z.infer<typeof TrainingNotes>[string];

/** A model of the folder `models`, named GROUP-OBJECTIVE.onnx, such as sr-x4-m-ra.onnx. */
export interface PublishedModel {
  readonly name: string;
  /** The part of the name after the last hyphen. */
  readonly objective: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly isHalf: boolean;
  readonly parameters: number;
  readonly card: Card;
  readonly note: TrainingNote | undefined;
}

/** The JSON result of `evaluate` for the models of a group. */
export interface PublishedEvaluation {
  /** The file's name between the group and ".json", such as "set5"; "" for the main evaluation. */
  readonly title: string;
  readonly evaluation: Evaluation;
}

/** The models of one task and size. */
export interface ModelGroup {
  readonly name: string;
  readonly models: readonly PublishedModel[];
  readonly evaluations: readonly PublishedEvaluation[];
}

/**
 * The models in `ROOT/models` with their evaluations: `ROOT/results/models/GROUP.json`, else `ROOT/results/GROUP.json`, and
 * further ones in `ROOT/results/models/GROUP.TITLE.json`. The title of a repeated training is seed1, seed2, ….
 */
export async function publishedGroups(root: string): Promise<ModelGroup[]> {
  const notes = TrainingNotes.parse(readJson(join(root, "results/models/trainings.json")) ?? {});
  const files = readdirSync(join(root, "models")).filter((file) => file.endsWith(".onnx"));
  const names = files.map((file) => file.replace(/\.onnx$/, "")).sort();
  const unknown = Object.keys(notes).filter((name) => !names.includes(name));
  if (unknown.length > 0) throw new Error(`results/models/trainings.json describes ${unknown}, which models/ lacks`);
  const models = await Promise.all(names.map((name) => publishedModel(root, name, notes[name])));
  return [...grouped(models, ({ name }) => groupOf(name))].map(([name, models]) => ({
    ...{ name, models },
    evaluations: evaluationsOf(root, name),
  }));
}

const groupOf = (name: string): string => name.slice(0, Math.max(0, name.lastIndexOf("-"))) || name;

async function publishedModel(root: string, name: string, note: TrainingNote | undefined): Promise<PublishedModel> {
  const file = join(root, "models", `${name}.onnx`);
  const graph = await readModel(file);
  const card = cardOf(graph);
  if (!card) throw new Error(`${file} has no model card`);
  return {
    ...{ name, card, note, objective: name.slice(name.lastIndexOf("-") + 1) },
    bytes: statSync(file).size,
    sha256: await sha256OfFile(file),
    isHalf: hasHalfWeights(file),
    parameters: parameterCount(graph),
  };
}

const parameterCount = (graph: Graph): number =>
  parametersOf(graph).reduce((sum, name) => sum + sizeOf(graph.initializers.get(name)?.shape ?? [0]), 0);

/** Whether a file stores tensors in float16, which reading converts to float32. */
const hasHalfWeights = (file: string): boolean =>
  (decodeMessage(readFileSync(file), file).graph?.initializer ?? []).some(
    ({ dataType }) => dataType === typeCodes.float16,
  );

function evaluationsOf(root: string, group: string): PublishedEvaluation[] {
  const folder = join(root, "results/models");
  const main = readJson(join(folder, `${group}.json`)) ?? readJson(join(root, "results", `${group}.json`));
  const further = existsSync(folder) ? readdirSync(folder).filter((file) => file.startsWith(`${group}.`)) : [];
  const titles = further.flatMap((file) => /\.([^.]+)\.json$/.exec(file)?.slice(1) ?? []).sort();
  return [
    ...(main ? [{ title: "", evaluation: main as Evaluation }] : []),
    ...titles.map((title) => ({ title, evaluation: readJson(join(folder, `${group}.${title}.json`)) as Evaluation })),
  ];
}

const readJson = (path: string): unknown => (existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : undefined);

/** The name of a model's row: that of its file, or its objective. */
export const rowName = ({ rows }: Evaluation, { name, objective }: PublishedModel): string | undefined =>
  rows.find(({ processor }) => [name, objective].includes(processor))?.processor;

/** The PSNR of a model in dB in the main evaluation of its group; undefined if it has none, null: all images are exact. */
export function psnrOf({ evaluations: [main] }: ModelGroup, model: PublishedModel): number | null | undefined {
  return main?.evaluation.rows.find(({ processor }) => processor === rowName(main.evaluation, model))?.psnr;
}

/** A mean gain in points; evaluations of earlier versions have no interval for it. */
export interface UnseenGain {
  readonly points: number;
  readonly ci95?: readonly [number, number];
}

/** "+2.1 [+1.2, +3.0]", or "–" without a gain. */
export function unseenGainText(gain: UnseenGain | null): string {
  if (gain === null) return "–";
  const { points, ci95 } = gain;
  return ci95 ? gainText({ value: points, ci95 }) : signed(points);
}

/** The gain of a model over the plain model of its group, as the mean over unseen classifiers; null if it has none. */
export function unseenGain({ models, evaluations: [main] }: ModelGroup, model: PublishedModel): UnseenGain | null {
  const plain = models.find(({ objective }) => objective === "plain");
  if (!main || !plain || plain === model) return null;
  const { evaluation } = main;
  const seen = seenIn(models, evaluation);
  const [processor, over] = [rowName(evaluation, model), rowName(evaluation, plain)];
  if (processor === undefined || over === undefined) return null;
  const known = evaluation.mean_gains?.gains.find((gain) => samePair(gain, { processor, over }))?.unseen;
  if (known && known.points !== null) return { points: known.points, ...(known.ci95 && { ci95: known.ci95 }) };
  const gains = evaluation.gains.filter((gain) => samePair(gain, { processor, over }) && !seen.has(gain.recognizer));
  if (gains.length === 0) return null;
  return { points: gains.reduce((sum, { top1 }) => sum + top1, 0) / gains.length };
}

/** The names of the judges that models were trained with. */
export const seenIn = (
  models: readonly PublishedModel[],
  { seen = {} }: Pick<Evaluation, "seen">,
): ReadonlySet<string> =>
  new Set([...models.flatMap(({ card }) => recognizersBehind(card).map(({ name }) => name)), ...Object.keys(seen)]);
