import { readModel } from "../platform/node/models.js";
import { type FeatureExtractor, featureExtractor } from "./features.js";
import { outputKindOf } from "./output-kind.js";
import type { PreprocessingOverrides } from "./preprocessing.js";
import { readSource } from "./recognizer.js";

/**
 * Reads a network up to some of its features, with its preprocessing. Later layers are removed.
 * @param names the names of features in the file. Default: `defaultFeatures`.
 * @throws UserError when a name is unknown, with the nearest names, or when the feature does not depend on the image.
 */
export async function readFeatureExtractor(
  path: string,
  names: readonly string[] = [],
  overrides: PreprocessingOverrides = {},
): Promise<FeatureExtractor> {
  const model = await readModel(path);
  const source = await readSource(path, model, overrides);
  const kind = names.length > 0 ? "scores" : await outputKindOf(path, model, source, undefined);
  return featureExtractor(model, source, { names, kind });
}
