import { UserError } from "../errors.js";
import { DEFAULT_DISTANCE, distanceOf } from "../objectives/distances.js";
import type { Objective } from "../objectives/objective.js";
import type { LabelSet } from "../recognition/class-offset.js";
import { readFeatureExtractor, readWatchedRecognizer } from "../recognition/features.js";
import { suggestion } from "../recognition/file-outputs.js";
import { type FittedRecognizer, fitFeatures, fitRecognizer, scoresShape } from "../recognition/fit.js";
import { requireGradientPath } from "../recognition/gradient-path.js";
import type { RecognizerModel } from "../recognition/model.js";
import { probabilityNotes } from "../recognition/probabilities.js";
import { isImage, LIKE_PROCESSOR } from "../recognition/processor-file.js";
import { readRecognizer } from "../recognition/recognizer.js";
import { recognizerFrom } from "../recognition/settings.js";
import { named } from "../settings.js";
import type { ParsedTrainingSettings } from "./settings.js";

/** A recognizer of a training: read, fitted to the crops, with the weight of its loss. */
export interface TrainingRecognizer extends FittedRecognizer {
  readonly model: RecognizerModel;
  readonly weight: number;
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
  return recognizers;
}

async function frozen(
  file: string,
  { name, reads }: Objective,
  settings: ParsedTrainingSettings,
  labels: LabelSet | undefined,
) {
  const { batch, crop, feature = [], featureWeight } = settings;
  const { output, classOffset, ...overrides } = recognizerFrom(settings);
  if (reads === "features") {
    if (output !== undefined)
      throw new UserError(
        `the objective feature compares feature maps: name them by ${named("feature")}, not ${named("output")}`,
      );
    const model = await readFeatureExtractor(file, feature, overrides);
    requireGradientPath(model, "train with");
    return { model, features: model.features, ...(await fitFeatures(model, batch, crop)) };
  }
  const given = { output, classOffset, ...overrides };
  const watched = featureWeight > 0 ? await readWatchedRecognizer(file, feature, given, labels) : null;
  const model = watched ?? (await readRecognizer(file, given, labels));
  requireGradientPath(model, "train with");
  const distance = settings.distance ?? DEFAULT_DISTANCE;
  if (reads === "scores")
    await assertScores(model, `the objective ${name}`, "the objective unsupervised with the distance logits-mse");
  else if (distanceOf(distance).ofScores)
    await assertScores(model, `the distance ${distance}`, "the distance logits-mse");
  const fitted = await fitRecognizer(model, batch, crop);
  const readsScores = reads === "scores" || distanceOf(distance).ofScores;
  const notes = [...(model.graph.notes ?? []), ...(readsScores ? await probabilityNotes(model) : [])];
  return {
    model: { ...model, graph: { ...model.graph, notes } },
    ...(watched && { features: watched.features }),
    ...fitted,
  };
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
