import { UserError } from "../errors.js";
import type { Objective } from "../objectives/objective.js";
import { featureExtractor } from "../recognition/features.js";
import { type FittedRecognizer, fitFeatures, fitRecognizer, scoresShape } from "../recognition/fit.js";
import { requireGradientPath } from "../recognition/gradient-path.js";
import type { RecognizerModel } from "../recognition/model.js";
import type { HeldRecognizer } from "./models.js";

/** A recognizer of a training: fitted to the crops. */
export interface PageRecognizer extends FittedRecognizer {
  readonly model: RecognizerModel;
  /** Names of the feature maps that are compared, if any. */
  readonly features?: readonly string[];
}

interface FitOptions {
  readonly reads: NonNullable<Objective["reads"]>;
  /** Whether the loss applies a softmax to the outputs. */
  readonly ofScores: boolean;
  readonly batch: number;
  readonly crop: number;
}

/**
 * Fits a recognizer to the crops of a training.
 * @throws UserError when no gradient passes from its output to the image; the message names the operator.
 */
export async function frozenRecognizer(
  { model, graph, source }: HeldRecognizer,
  { reads, ofScores, batch, crop }: FitOptions,
): Promise<PageRecognizer> {
  if (reads === "features") {
    const extractor = await featureExtractor(graph, source, { names: [], kind: "scores" });
    requireGradientPath(extractor, "train with");
    const fitted = await fitFeatures(extractor, batch, crop);
    return { ...fitted, model: extractor, features: extractor.features };
  }
  requireGradientPath(model, "train with");
  const shape = await scoresShape(model);
  if (ofScores && shape.slice(1).filter((size) => size !== 1).length > 1)
    throw new UserError(
      `the loss reads class scores [N, classes], but the output of ${model.name} is [${shape.join(", ")}]`,
    );
  return { ...(await fitRecognizer(model, batch, crop)), model };
}
