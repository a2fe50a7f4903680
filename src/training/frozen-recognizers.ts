import { UserError } from "../errors.js";
import { DEFAULT_DISTANCE, DEFAULT_HEAD_DISTANCE, type DistanceName, distanceOf } from "../objectives/distances.js";
import { isDetector, type Objective, type OutputKind } from "../objectives/objective.js";
import type { LabelSet } from "../recognition/class-offset.js";
import { readFeatureExtractor } from "../recognition/feature-files.js";
import { suggestion } from "../recognition/file-outputs.js";
import { type FittedRecognizer, fitFeatures, fitRecognizer, scoresShape } from "../recognition/fit.js";
import { type LossRecognizer, readLossRecognizer } from "../recognition/frozen.js";
import { requireGradientPath } from "../recognition/gradient-path.js";
import type { RecognizerModel } from "../recognition/model.js";
import { probabilityNotes } from "../recognition/probabilities.js";
import { isImage, LIKE_PROCESSOR } from "../recognition/processor-file.js";
import { recognizerFrom } from "../recognition/settings.js";
import { named } from "../settings.js";
import type { ParsedTrainingSettings } from "./settings.js";

/** A recognizer of a training: read, fitted to the crops, with the weight of its loss. */
export interface TrainingRecognizer extends FittedRecognizer {
  readonly model: RecognizerModel;
  readonly weight: number;
  readonly kind: OutputKind;
  /** Names of the raw heads of a detector that are compared. */
  readonly heads?: readonly string[];
  /** Names of the feature maps that are compared, if any. */
  readonly features?: readonly string[];
}

/**
 * Reads the recognizers of a training and fits them to its crops, as far as the objective needs them.
 * @param labels the labels of the training images, if the objective reads them.
 * @throws UserError when there is none, one cannot be used, it does not have the output that the objective reads, or no
 * gradient passes from that output to the image.
 */
export async function frozenRecognizers(
  objective: Objective,
  settings: ParsedTrainingSettings,
  labels?: LabelSet,
): Promise<TrainingRecognizer[]> {
  if (objective.reads === null) return [];
  const { recognizer: files = [], feature = [] } = settings;
  if (files.length === 0)
    throw new UserError(
      `the objective ${objective.name} needs a recognizer: set ${named("recognizer")} to an ONNX file`,
    );
  if (feature.length > 0 && files.length > 1)
    throw new UserError(
      `${named("feature")} names features of one recognizer; with several, each is compared at its own default features`,
    );
  const recognizers: TrainingRecognizer[] = [];
  for (const { file, weight } of files)
    recognizers.push({ ...(await frozen(file, objective, settings, labels)), weight });
  requireOneDistance(objective, recognizers, settings);
  return recognizers;
}

/** @throws UserError when no distance is set and the recognizers have different default distances. */
function requireOneDistance(
  objective: Objective,
  recognizers: readonly TrainingRecognizer[],
  settings: ParsedTrainingSettings,
): void {
  if (objective.reads !== "output") return;
  const distances = new Set(recognizers.map(({ kind }) => distanceFor(kind, settings)));
  if (distances.size > 1)
    throw new UserError(
      `the default distances of these recognizers differ (${[...distances].join(", ")}), because only some are detectors; ` +
        `set ${named("distance")} to one that fits all, such as relative-mse`,
    );
}

async function frozen(
  file: string,
  objective: Objective,
  settings: ParsedTrainingSettings,
  labels: LabelSet | undefined,
) {
  const { batch, crop, feature = [], featureWeight } = settings;
  const { output, ...overrides } = recognizerFrom(settings);
  if (objective.reads === "features") {
    if (output !== undefined)
      throw new UserError(
        `the objective feature compares feature maps: name them by ${named("feature")}, not ${named("output")}`,
      );
    const { classOffset: _, ...preprocessing } = overrides;
    const model = await readFeatureExtractor(file, feature, preprocessing);
    requireGradientPath(model, "train with");
    return { model, kind: "scores" as const, features: model.features, ...(await fitFeatures(model, batch, crop)) };
  }
  const reads = { labels, features: featureWeight > 0 ? feature : null };
  const model = await readLossRecognizer(file, { output, ...overrides }, reads);
  requireGradientPath(model, "train with");
  const { kind, features, heads } = model;
  const fitted = await fitOutputs(model, objective, settings);
  const notes = [
    ...(model.graph.notes ?? []),
    ...(readsScores(objective, kind, settings) ? await probabilityNotes(model) : []),
  ];
  return {
    model: { ...model, graph: { ...model.graph, notes } },
    kind,
    ...(features && { features }),
    ...(heads && { heads }),
    ...fitted,
  };
}

/** Checks that the objective can read the outputs of a recognizer, and fits it to the crops. */
async function fitOutputs(model: LossRecognizer, objective: Objective, settings: ParsedTrainingSettings) {
  const { kind } = model;
  const { batch, crop } = settings;
  if (readsScores(objective, kind, settings)) {
    const distance = distanceFor(kind, settings);
    const isSupervised = objective.reads === "scores";
    const reader = isSupervised ? `the objective ${objective.name}` : `the distance ${distance}`;
    if (isDetector(kind) && !(kind === "grid" && isSupervised)) throw headsRefused(model, reader, isSupervised);
    if (kind === "scores")
      await assertScores(
        model,
        reader,
        isSupervised ? "the objective unsupervised with the distance logits-mse" : "the distance logits-mse",
      );
  }
  return isDetector(kind) ? fitFeatures(model, batch, crop) : fitRecognizer(model, batch, crop);
}

/** The distance between the outputs of a recognizer of this kind: the chosen one, or its default. */
export const distanceFor = (kind: OutputKind, { distance }: Pick<ParsedTrainingSettings, "distance">): DistanceName =>
  distance ?? (isDetector(kind) ? DEFAULT_HEAD_DISTANCE : DEFAULT_DISTANCE);

/** Whether a loss applies a softmax to the outputs of a recognizer of this kind. */
const readsScores = ({ reads }: Objective, kind: OutputKind, settings: ParsedTrainingSettings): boolean =>
  (reads === "scores" && kind !== "grid") || distanceOf(distanceFor(kind, settings)).ofScores;

function headsRefused({ name, heads = [] }: LossRecognizer, reader: string, isSupervised: boolean): UserError {
  const remedy = isSupervised
    ? "the objectives unsupervised and feature accept any detector"
    : "the distances relative-mse (the default for a detector) and logits-mse accept them";
  return new UserError(
    `${reader} reads class scores, but ${name} is a detector with the raw heads ${heads.join(", ")}; ${remedy}`,
  );
}

/** @throws UserError when a recognizer's output is not one row of class scores for each image. */
async function assertScores(model: RecognizerModel, reader: string, instead: string): Promise<void> {
  const shape = await scoresShape(model);
  if (shape.slice(1).filter((size) => size !== 1).length <= 1) return;
  throw new UserError(
    `${reader} reads class scores [N, classes], but the output of ${model.name} is [${shape.join(", ")}]${shape[0] === 1 ? " for one image" : ""}${isImage(shape) ? LIKE_PROCESSOR : ""}; ` +
      `${suggestion(model.fileOutputs ?? [], (numbers) => numbers > 1).slice(2) || `${named("output")} chooses another output`}, and ${instead} accepts any`,
  );
}
