import { UserError } from "../errors.js";
import { LOGITS } from "../networks/recognizers/recognizer.js";
import { GraphBuilder, int, ints, string } from "../onnx/builder.js";
import { type Graph, specialize, type ValueInfo } from "../onnx/graph.js";
import { typeCodes } from "../onnx/schema.js";
import { float32 } from "../onnx/tensor.js";
import { type BatchedNetwork, type Batching, batchingOf, declaredBatchOf, trialImages } from "../runtime/batching.js";
import { type ProbeOptions, probe } from "../runtime/probe.js";
import { withScores } from "./logits.js";
import type { Preprocessing } from "./preprocessing.js";

export { LOGITS };

/** The properties of a recognizer other than its graph. */
export interface RecognizerSource {
  readonly name: string;
  readonly preprocessing: Preprocessing;
  /** The classes that it was trained on, if its sidecar lists them. */
  readonly learned?: ReadonlySet<number>;
  /** SHA-256 of the file, hexadecimal. */
  readonly sha256: string;
}

/** The shape of every value of a graph. */
export type Shapes = ReadonlyMap<string, readonly number[]>;

/** A recognizer's graph, which includes its preprocessing. It has no session yet. */
export interface RecognizerModel extends RecognizerSource {
  /**
   * Input `image`: float32 [N, 3, size, size], RGB in [0, 1]. Outputs: `logits` [N, classes], then each of
   * the compared features. A feature extractor outputs the features only.
   */
  readonly graph: Graph;
  /** The values that the outputs are computed from, with the shapes and types that the file declares. */
  readonly sources: readonly ValueInfo[];
  /** The batch size that the file declares; null if it is open. */
  readonly declaredBatch: number | null;
  /** The shapes that `shapesAt` found, by batch and side. It holds no weights, so that the graph can be freed. */
  readonly probed: Map<string, Promise<Shapes>>;
  /** What `recognizerBatching` found. */
  readonly tried: { batching?: Promise<Batching> };
}

/**
 * Prepends the preprocessing to a model.
 * @param declare declares the outputs, given the names of the model's outputs in the graph.
 * @throws UserError when the model does not have one input.
 */
export function recognizerModel(
  model: Graph,
  source: RecognizerSource,
  declare: (b: GraphBuilder, values: readonly string[]) => void,
): RecognizerModel {
  const b = new GraphBuilder(model.name);
  const outputs = inlineBehindPreprocessing(b, model, source.preprocessing);
  const sources = model.outputs.map((output) => ({ ...output, name: outputs[output.name] as string }));
  declare(
    b,
    sources.map(({ name }) => name),
  );
  const declaredBatch = declaredBatchOf(model.inputs[0]);
  const graph = { ...b.build(), notes: model.notes ?? [] };
  return { ...source, graph, sources, declaredBatch, probed: new Map(), tried: {} };
}

/**
 * Makes a recognizer of a classifier. A final Softmax is removed.
 * @param output the name of the output with the class scores. Default: the first.
 * @throws UserError when there is no such output, or the model does not have one input.
 */
export const classifierModel = (model: Graph, source: RecognizerSource, output?: string): RecognizerModel =>
  recognizerModel(withScores(model, output), source, (b, [scores = ""]) => b.output(LOGITS, b.Flatten(scores)));

/** Declares `image` and inlines the model behind its preprocessing. @returns the names of its outputs in the graph. */
function inlineBehindPreprocessing(
  b: GraphBuilder,
  model: Graph,
  { size, layout, channels, range, mean, std }: Preprocessing,
): Record<string, string> {
  const [input, ...others] = model.inputs;
  if (!input || others.length > 0)
    throw new UserError(`${model.name} has ${model.inputs.length} inputs; a recognizer has one, the image`);
  const image = b.input("image", ["N", 3, size, size]);
  const channel = (values: readonly number[]) => b.constant(float32([...values], [1, 3, 1, 1]));
  let value = mean.some((m) => m !== 0) ? b.Sub(image, channel(mean.map((m) => m / range))) : image;
  if (std.some((s) => s !== range)) value = b.Mul(value, channel(std.map((s) => range / s)));
  if (channels === "BGR") value = b.Gather(value, b.integers([2, 1, 0]), 1);
  if (layout === "NHWC") value = b.Transpose(value, [0, 2, 3, 1]);
  const { type = "float32" } = input;
  if (type !== "float32") value = b.add("Cast", [b.add("Round", [value])], { to: int(typeCodes[type]) });
  return b.inline(model, { [input.name]: value }, "R/");
}

/** The recognizer's graph for images of another size, which are resized (linear, antialiased) to its own. */
export function withResize({ graph, preprocessing: { size } }: RecognizerModel, batch: number, side: number): Graph {
  const b = new GraphBuilder(graph.name);
  const image = b.input("image", [batch, 3, side, side]);
  const antialias = { mode: string("linear"), antialias: { kind: "int", value: 1 } as const, axes: ints([2, 3]) };
  const resized = b.add("Resize", [image, "", "", b.integers([size, size])], antialias);
  const outputs = b.inline(specialize(graph, { image: [batch, 3, size, size] }), { image: resized }, "sized/");
  for (const [name, value] of Object.entries(outputs)) b.output(name, value);
  return b.build();
}

/**
 * The shapes of all values for a batch of square images. Each batch and side is probed once.
 * @throws UserError when the graph does not run at that size.
 */
export function shapesAt({ graph, probed }: RecognizerModel, batch: number, side: number): Promise<Shapes> {
  const key = shapesKey(batch, side);
  const known =
    probed.get(key) ??
    probe(specialize(graph, { image: [batch, 3, side, side] }), onImages(batch, side)).then((p) => p.shapes);
  probed.set(key, known);
  return known;
}

/** Probes on images rather than on black, because sizes can depend on values. */
export const onImages = (batch: number, side: number): ProbeOptions => ({
  inputs: { image: trialImages(Array.from({ length: batch }).keys(), [3, side, side]) },
});

/** A batch size that the network runs with: the declared one, or 1. */
export const unitBatch = ({ declaredBatch }: RecognizerModel): number => declaredBatch ?? 1;

/** The recognizer for `BatchedSession`. */
export const batchedNetwork = ({ graph, declaredBatch, preprocessing: { size } }: RecognizerModel): BatchedNetwork => ({
  graph,
  image: [3, size, size],
  declaredBatch,
});

/**
 * How the recognizer runs on several images of its own size. Tried once.
 * @throws UserError when no batch size gives one row for each image that is independent of the other images.
 */
export function recognizerBatching(model: RecognizerModel): Promise<Batching> {
  model.tried.batching ??= batchingOf(batchedNetwork(model));
  return model.tried.batching;
}

/** The key of `probed`. */
export const shapesKey = (batch: number, side: number): string => `${batch}x${side}`;
