import { dependents } from "../autodiff/gradients.js";
import { UserError } from "../errors.js";
import type { GraphBuilder } from "../graph/builder.js";
import type { Graph } from "../graph/graph.js";
import { withOutputs } from "../graph/graph.js";
import { nearestNames } from "../graph/nearest-names.js";
import { readModel } from "../graph/read.js";
import { withScores } from "./logits.js";
import type { PreprocessingOverrides } from "./preprocessing.js";
import { behindPreprocessing, LOGITS, type RecognizerModel, type RecognizerSettings } from "./recognizer.js";

/** A network of which values inside are watched: its graph has the outputs `feature0`, `feature1`, … */
export interface FeatureExtractor extends RecognizerModel {
  /** The names of the values, as the file has them. */
  readonly features: readonly string[];
}

/** How many names a message lists. */
const LISTED = 5;

/**
 * Reads a network up to some of its values, with its preprocessing before it. What only later layers need is left out.
 * @param names of values in the file. Default: the one that `defaultFeature` finds.
 * @throws UserError that lists the nearest names when there is no such value, or it does not depend on the image.
 */
export async function readFeatureExtractor(
  path: string,
  names: readonly string[] = [],
  overrides: PreprocessingOverrides = {},
): Promise<FeatureExtractor> {
  const model = await readModel(path);
  const features = featuresOf(model, names);
  const extractor = await behindPreprocessing(path, withOutputs(model, features), overrides, declareFeatures);
  return { ...extractor, features };
}

/**
 * Reads a classifier likewise, with its scores as output `logits` before those of the values inside.
 * @throws UserError as `readFeatureExtractor` and `readRecognizer` do.
 */
export async function readWatchedRecognizer(
  path: string,
  names: readonly string[] = [],
  { output, ...overrides }: RecognizerSettings = {},
): Promise<FeatureExtractor> {
  const model = await readModel(path);
  const features = featuresOf(model, names);
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

/** The names, or the default's, if a gradient leads from each to the image. */
function featuresOf(model: Graph, names: readonly string[]): readonly string[] {
  const features = names.length > 0 ? names : [defaultFeature(model)];
  const computed = model.nodes.flatMap(({ outputs }) => outputs.filter((output) => output !== ""));
  const onImage = dependents(
    model,
    model.inputs.map(({ name }) => name),
  );
  for (const name of features) {
    if (!computed.includes(name))
      throw new UserError(
        `there is no value "${name}" inside ${model.name}; the nearest names: ` +
          nearestNames(name, computed, LISTED).join(", "),
      );
    if (!onImage.has(name))
      throw new UserError(`no gradient leads from the value "${name}" of ${model.name} to the image; name another`);
  }
  return features;
}

/** Operators whose input is the last map of features of a classifier; the later group where the first is absent. */
const heads = [
  ["GlobalAveragePool", "GlobalMaxPool", "ReduceMean"],
  ["Gemm", "MatMul"],
];

/**
 * The value that the last global pooling of a network takes or, without one, its last fully connected layer.
 * @throws UserError when it has neither.
 */
export function defaultFeature(model: Graph): string {
  const { nodes } = withOutputs(
    model,
    model.outputs.slice(0, 1).map(({ name }) => name),
  );
  for (const operators of heads) {
    const input = nodes.findLast(({ op, domain }) => domain === "" && operators.includes(op))?.inputs[0];
    if (input !== undefined) return input;
  }
  throw new UserError(`${model.name} has no global pooling and no fully connected layer: say which value by --feature`);
}
