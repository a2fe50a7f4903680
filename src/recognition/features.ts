import { dependents } from "../autodiff/gradients.js";
import { UserError } from "../errors.js";
import type { GraphBuilder } from "../onnx/builder.js";
import type { Graph } from "../onnx/graph.js";
import { withOutputs } from "../onnx/graph.js";
import { nearestNames } from "../onnx/nearest-names.js";
import { readModel } from "../platform/node/models.js";
import { defaultFeatures } from "./default-features.js";
import { withScores } from "./logits.js";
import { type PreprocessingOverrides, readPreprocessing } from "./preprocessing.js";
import { behindPreprocessing, LOGITS, type RecognizerModel, type RecognizerSettings } from "./recognizer.js";

/** A network whose outputs are features: `feature0`, `feature1`, … */
export interface FeatureExtractor extends RecognizerModel {
  /** The names of the features in the file. */
  readonly features: readonly string[];
}

/** How many names a message lists. */
const LISTED = 5;

/**
 * Reads a network up to some of its features, with its preprocessing. Later layers are removed.
 * @param names of features in the file. Default: `defaultFeatures`.
 * @throws UserError when a name is unknown, with the nearest names, or when the feature does not depend on the image.
 */
export async function readFeatureExtractor(
  path: string,
  names: readonly string[] = [],
  overrides: PreprocessingOverrides = {},
): Promise<FeatureExtractor> {
  const model = await readModel(path);
  const features = await featuresOf(path, model, names, overrides);
  const extractor = await behindPreprocessing(path, withOutputs(model, features), overrides, declareFeatures);
  return { ...extractor, features };
}

/**
 * Reads a classifier likewise, with its class scores as output `logits` before the features.
 * @throws UserError as `readFeatureExtractor` and `readRecognizer` do.
 */
export async function readWatchedRecognizer(
  path: string,
  names: readonly string[] = [],
  { output, ...overrides }: RecognizerSettings = {},
): Promise<FeatureExtractor> {
  const model = await readModel(path);
  const features = await featuresOf(path, model, names, overrides);
  const watched = withScores(model, output, features);
  const recognizer = await behindPreprocessing(path, watched, overrides, (b, [scores = "", ...values]) => {
    b.output(LOGITS, b.Flatten(scores));
    declareFeatures(b, values);
  });
  return { ...recognizer, features };
}

function declareFeatures(b: GraphBuilder, values: readonly string[]): void {
  for (const [i, value] of values.entries()) b.output(`feature${i}`, value);
}

/** The names, each of a feature with a gradient to the image; without names, those of `defaultFeatures`. */
async function featuresOf(
  path: string,
  model: Graph,
  names: readonly string[],
  overrides: PreprocessingOverrides,
): Promise<readonly string[]> {
  const features =
    names.length > 0 ? names : await defaultFeatures(model, await readPreprocessing(path, model, overrides));
  const computed = model.nodes.flatMap(({ outputs }) => outputs.filter((output) => output !== ""));
  const onImage = dependents(
    model,
    model.inputs.map(({ name }) => name),
  );
  for (const name of features) {
    if (!computed.includes(name))
      throw new UserError(
        `${model.name} has no feature "${name}"; the nearest names: ${nearestNames(name, computed, LISTED).join(", ")}`,
      );
    if (!onImage.has(name))
      throw new UserError(`the feature "${name}" of ${model.name} has no gradient to the image; name another`);
  }
  return features;
}
