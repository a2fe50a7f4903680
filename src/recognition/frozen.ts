import { UserError } from "../errors.js";
import { BOX, HEATMAP } from "../networks/detectors/detector.js";
import { isDetector, type OutputKind } from "../objectives/objective.js";
import type { GraphBuilder } from "../onnx/builder.js";
import { type Graph, withOutputs } from "../onnx/graph.js";
import { readModel } from "../platform/node/models.js";
import { type LabelSet, matchClasses } from "./class-offset.js";
import { declareFeatures, withFeatures } from "./features.js";
import { detectionHeads } from "./heads.js";
import { withScores } from "./logits.js";
import {
  declarePositions,
  declareScores,
  HEAD,
  type RecognizerModel,
  type RecognizerSource,
  recognizerModel,
  typeOf,
} from "./model.js";
import { outputKindOf } from "./output-kind.js";
import { type RecognizerSettings, readSource } from "./recognizer.js";

/** A recognizer whose outputs, or these and features, a loss reads. */
export interface LossRecognizer extends RecognizerModel {
  readonly kind: OutputKind;
  /** The names in the file of the compared features, if any. */
  readonly features?: readonly string[];
  /** The names in the file of the raw heads, if it has any. */
  readonly heads?: readonly string[];
}

/** What a loss reads of a recognizer, in addition to its output. */
export interface LossReads {
  /** The labels of the images, if the loss reads classes of images. */
  readonly labels?: LabelSet | undefined;
  /** The names of the compared features, none for the default ones; null if it reads none. */
  readonly features: readonly string[] | null;
}

/**
 * What a loss reads of a recognizer's file.
 * @throws UserError when the file or its sidecar cannot be used.
 */
export async function readOutputKind(
  path: string,
  { output, classOffset, ...overrides }: RecognizerSettings,
): Promise<OutputKind> {
  const model = await readModel(path);
  return outputKindOf(path, model, await readSource(path, model, overrides, classOffset), output);
}

/**
 * Reads any ONNX recognizer for a loss: a classifier, a segmenter or a detector. Outputs: `logits`, or the raw heads `head0`,
 * `head1`, …; then the features `feature0`, `feature1`, …
 * @throws UserError when the file or its sidecar cannot be used, or a detector has no raw heads before NMS or TopK.
 */
export async function readLossRecognizer(
  path: string,
  { output, classOffset, ...overrides }: RecognizerSettings,
  { labels, features }: LossReads,
): Promise<LossRecognizer> {
  const model = await readModel(path);
  const source = await readSource(path, model, overrides, classOffset);
  const kind = await outputKindOf(path, model, source, output);
  const heads = isDetector(kind) ? headsOf(model, kind, output) : null;
  const build = buildOf(model, kind, heads, output);
  const read = await matchClasses(model, source, kind === "scores" ? labels : undefined, (matched) =>
    features
      ? withFeatures(model, matched.preprocessing, { names: features, kind }, (values) => build(matched, values))
      : build(matched, []),
  );
  return { ...read, kind, ...(heads && { heads }) };
}

/** Builds the recognizer of this kind that also outputs these values as features. */
function buildOf(model: Graph, kind: OutputKind, heads: readonly string[] | null, output: string | undefined) {
  const own = heads?.length ?? 1;
  return (source: RecognizerSource, values: readonly string[]): RecognizerModel => {
    const graph = heads ? withOutputs(model, [...heads, ...values]) : withScores(model, output, values);
    return recognizerModel(graph, source, (b, sources) => {
      if (heads) declareHeads(b, sources.slice(0, own));
      else
        (kind === "positions" ? declarePositions : declareScores)(b, sources[0] ?? "", typeOf(model, output), source);
      declareFeatures(b, sources.slice(own));
    });
  };
}

/** The names of a detector's raw heads, or of the chosen one. @throws UserError when it has none. */
function headsOf(model: Graph, kind: OutputKind, output: string | undefined): string[] {
  if (output !== undefined) return [output];
  if (kind === "grid") return [HEATMAP, BOX];
  const heads = [...new Set(detectionHeads(model).map((head) => head.output))];
  if (heads.length > 0) return heads;
  throw new UserError(
    `cannot use ${model.name} for a loss: looked for raw heads, the last layers with weights before NMS or TopK, and ` +
      "found none; `output` chooses an output",
  );
}

function declareHeads(b: GraphBuilder, values: readonly string[]): void {
  for (const [i, value] of values.entries()) b.output(`${HEAD}${i}`, value);
}
