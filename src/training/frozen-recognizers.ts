import { UserError } from "../errors.js";
import { DEFAULT_DISTANCE, distanceOf } from "../objectives/distances.js";
import type { Objective } from "../objectives/objective.js";
import { readFeatureExtractor, readWatchedRecognizer } from "../recognition/features.js";
import { type FittedRecognizer, fitFeatures, fitRecognizer, scoresShape } from "../recognition/fit.js";
import type { RecognizerModel } from "../recognition/model.js";
import { type RecognizerSettings, readRecognizer } from "../recognition/recognizer.js";
import type { SettledConfig } from "./run-folder.js";

/** A recognizer of a training: read, fitted to its crops, with the factor of its loss. */
export interface TrainingRecognizer extends FittedRecognizer {
  readonly model: RecognizerModel;
  readonly weight: number;
  /** Names of the values inside that are compared, where they are. */
  readonly features?: readonly string[];
}

/**
 * Reads the recognizers of a training as far as its objective wants them.
 * @throws UserError when there is none, one cannot be used, or it does not give what the objective reads.
 */
export async function frozenRecognizers(
  objective: Objective,
  config: SettledConfig,
  settings: RecognizerSettings = {},
): Promise<TrainingRecognizer[]> {
  if (objective.reads === null) return [];
  if (config.recognizer.length === 0)
    throw new UserError(`the objective ${objective.name} needs a recognizer: --recognizer FILE.onnx`);
  if (config.features.length > 0 && config.recognizer.length > 1)
    throw new UserError(
      "values named by --feature are those of one recognizer; with several, each is compared at its own last features",
    );
  const recognizers: TrainingRecognizer[] = [];
  for (const { file, weight } of config.recognizer)
    recognizers.push({ ...(await frozen(file, objective, config, settings)), weight });
  return recognizers;
}

async function frozen(file: string, { name, reads }: Objective, config: SettledConfig, settings: RecognizerSettings) {
  const { batch, crop } = config;
  if (reads === "features") {
    const { output, ...overrides } = settings;
    if (output !== undefined)
      throw new UserError("the objective feature compares values inside: name them by --feature, not --output");
    const model = await readFeatureExtractor(file, config.features, overrides);
    return { model, features: model.features, ...(await fitFeatures(model, batch, crop)) };
  }
  const watched = config.featureWeight > 0 ? await readWatchedRecognizer(file, config.features, settings) : null;
  const model = watched ?? (await readRecognizer(file, settings));
  const distance = config.distance ?? DEFAULT_DISTANCE;
  if (reads === "scores")
    await assertScores(model, `the objective ${name}`, "--objective unsupervised --distance logits-mse");
  else if (distanceOf(distance).ofScores)
    await assertScores(model, `the distance ${distance}`, "--distance logits-mse");
  return { model, ...(watched && { features: watched.features }), ...(await fitRecognizer(model, batch, crop)) };
}

/** @throws UserError when a recognizer's output is not one row of numbers for each image, as class scores are. */
async function assertScores(model: RecognizerModel, reader: string, instead: string): Promise<void> {
  const shape = await scoresShape(model);
  if (shape.slice(1).filter((size) => size !== 1).length <= 1) return;
  throw new UserError(
    `${reader} reads class scores [N, classes], but the output of ${model.name} is [${shape.join(", ")}] for one image; ` +
      `another output can be named by --output, and ${instead} takes any`,
  );
}
