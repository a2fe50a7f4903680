import { dependents, stopsOf, titlesOf } from "../autodiff/flow.js";
import { UserError } from "../errors.js";
import { isDetector, type OutputKind } from "../objectives/objective.js";
import type { GraphBuilder } from "../onnx/builder.js";
import { type Graph, withOutputs } from "../onnx/graph.js";
import { nearestNames } from "../onnx/nearest-names.js";
import { defaultFeatures, headFeatures } from "./default-features.js";
import {
  type RecognizerModel,
  type RecognizerSource,
  recognizerModel,
  shapesAt,
  shapesKey,
  unitBatch,
} from "./model.js";
import type { Preprocessing } from "./preprocessing.js";

/** A network whose outputs are features: `feature0`, `feature1`, … */
export interface FeatureExtractor extends RecognizerModel {
  /** The names of the features in the file. */
  readonly features: readonly string[];
}

/** Number of names that a message lists. */
const LISTED = 5;

/**
 * A network up to some of its features, with its preprocessing. Later layers are removed.
 * @param chosen names of features in the file, and what the network outputs, which decides the default features.
 * @throws UserError when a name is unknown, with the nearest names, or when the feature does not depend on the image.
 */
export const featureExtractor = (
  model: Graph,
  source: RecognizerSource,
  chosen: ChosenFeatures,
): Promise<FeatureExtractor> =>
  withFeatures(model, source.preprocessing, chosen, (values) =>
    recognizerModel(withOutputs(model, values), source, declareFeatures),
  );

/** Declares the outputs `feature0`, `feature1`, … */
export function declareFeatures(b: GraphBuilder, values: readonly string[]): void {
  for (const [i, value] of values.entries()) b.output(featureName(i), value);
}

const featureName = (i: number): string => `feature${i}`;

/** The features to compare: those of these names or, without names, the default ones of a network of this kind. */
export interface ChosenFeatures {
  readonly names: readonly string[];
  readonly kind: OutputKind;
}

/**
 * The extractor of the named features or, without names, of `defaultFeatures`. The default features are chosen by their
 * shapes, which one probe of all candidates finds. The extractor keeps these shapes.
 * @param build builds the extractor of these values, which are its last sources.
 */
export async function withFeatures(
  model: Graph,
  { size }: Preprocessing,
  { names, kind }: ChosenFeatures,
  build: (values: readonly string[]) => RecognizerModel,
): Promise<FeatureExtractor> {
  if (names.length > 0) return { ...build(requireFeatures(model, names)), features: names };
  const shapes = new Map<string, readonly number[]>();
  const shapesOf = async (candidates: readonly string[]) => {
    const wide = build(candidates);
    for (const [name, shape] of await shapesAt(wide, unitBatch(wide), size)) shapes.set(name, shape);
    const sources = wide.sources.slice(-candidates.length);
    return new Map(candidates.map((name, i) => [name, shapes.get(sources[i]?.name ?? "") ?? []]));
  };
  const features = await (isDetector(kind) ? headFeatures : defaultFeatures)(model, shapesOf);
  const extractor = build(requireFeatures(model, features));
  if (shapes.size > 0) {
    const sources = extractor.sources.slice(-features.length);
    for (const [i, { name }] of sources.entries()) shapes.set(featureName(i), shapes.get(name) ?? []);
    extractor.probed.set(shapesKey(unitBatch(extractor), size), Promise.resolve(shapes));
  }
  return { ...extractor, features };
}

/**
 * Checks the names of features.
 * @returns the names.
 * @throws UserError when the model does not compute one of them, or it has no gradient with respect to the image.
 */
function requireFeatures(model: Graph, names: readonly string[]): readonly string[] {
  const computed = model.nodes.flatMap(({ outputs }) => outputs.filter((output) => output !== ""));
  const images = model.inputs.map(({ name }) => name);
  const onImage = dependents(model, images);
  for (const name of names) {
    if (!computed.includes(name))
      throw new UserError(
        `${model.name} has no feature "${name}"; the nearest names: ${nearestNames(name, computed, LISTED).join(", ")}`,
      );
    if (onImage.has(name)) continue;
    const stops = stopsOf(model, name, images);
    const reason = stops.length > 0 ? `: ${titlesOf(stops)} ${stops.length > 1 ? "stop" : "stops"} it` : "";
    throw new UserError(
      `the feature "${name}" of ${model.name} has no gradient with respect to the image${reason}; choose another`,
    );
  }
  return names;
}
