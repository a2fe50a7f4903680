import type { Objective } from "../objectives/objective.js";
import { featureExtractor } from "../recognition/features.js";
import { type FittedRecognizer, fitFeatures, fitRecognizer } from "../recognition/fit.js";
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
  readonly batch: number;
  readonly crop: number;
}

/**
 * Fits a recognizer to the crops of a training. `load` has checked that it outputs class scores.
 * @throws UserError when no gradient passes from its output to the image; the message names the operator.
 */
export async function frozenRecognizer(
  { model, graph, source }: HeldRecognizer,
  { reads, batch, crop }: FitOptions,
): Promise<PageRecognizer> {
  if (reads === "features") {
    const extractor = await featureExtractor(graph, source, { names: [], kind: "scores" });
    requireGradientPath(extractor, "train with");
    const fitted = await fitFeatures(extractor, batch, crop);
    return { ...fitted, model: extractor, features: extractor.features };
  }
  requireGradientPath(model, "train with");
  return { ...(await fitRecognizer(model, batch, crop)), model };
}
