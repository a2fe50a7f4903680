import { LOGITS } from "../networks/recognizers/recognizer.js";
import { GraphBuilder, ints, string } from "../onnx/builder.js";
import { type Graph, specialize, type ValueInfo } from "../onnx/graph.js";
import type { DataType } from "../onnx/tensor.js";
import { type BatchedNetwork, type Batching, batchingOf, declaredBatchOf, trialImages } from "../runtime/batching.js";
import { type ProbeOptions, probe } from "../runtime/probe.js";
import { inlineBehindPreprocessing, inputNotes } from "./input.js";
import { withScores } from "./logits.js";
import type { Preprocessing } from "./preprocessing.js";

export { LOGITS };

/** The properties of a recognizer other than its graph. */
export interface RecognizerSource {
  readonly name: string;
  readonly preprocessing: Preprocessing;
  /** The classes that it was trained on, if its sidecar lists them. */
  readonly learned?: ReadonlySet<number>;
  /** Index of the output of class 0, if it is known; the outputs before it are left out. */
  readonly classOffset?: number;
  /** The names of its outputs, if its sidecar lists them. */
  readonly classNames?: readonly string[];
  /** SHA-256 of the file, hexadecimal. */
  readonly sha256: string;
}

/** The shape of every value of a graph. */
export type Shapes = ReadonlyMap<string, readonly number[]>;

/** A recognizer's graph, which includes its preprocessing. It has no session yet. */
export interface RecognizerModel extends RecognizerSource {
  /**
   * Input `image`: float32 [N, 3, size, size], RGB in [0, 1]. Outputs: `logits` [N, classes] (of a segmenter
   * [N, classes, height, width]) or the raw heads of a detector, then each of the compared features. A feature extractor
   * outputs the features only.
   */
  readonly graph: Graph;
  /** The values that the outputs are computed from, with the shapes and types that the file declares. */
  readonly sources: readonly ValueInfo[];
  /** The batch size that the file declares; null if it is open. */
  readonly declaredBatch: number | null;
  /** All outputs of the file, for messages; absent without a file. */
  readonly fileOutputs?: readonly ValueInfo[];
  /** The shapes that `shapesAt` found, by batch and side. It holds no weights, so that the graph can be freed. */
  readonly probed: Map<string, Promise<Shapes>>;
  /** What `recognizerBatching` found. */
  readonly tried: { batching?: Promise<Batching> };
}

/**
 * Prepends the preprocessing to a model.
 * @param declare declares the outputs, given the names of the model's outputs in the graph.
 * @throws UserError when the model does not have one input, or it is no image.
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
  const notes = [...(model.notes ?? []), ...inputNotes(model, source.preprocessing)];
  const graph = { ...b.build(), notes };
  return { ...source, graph, sources, declaredBatch, probed: new Map(), tried: {} };
}

/**
 * Makes a recognizer of a classifier. A final softmax or sigmoid is removed.
 * @param output the name of the output with the class scores. Default: the first.
 * @throws UserError when there is no such output, or the model does not have one input that is an image.
 */
export const classifierModel = (model: Graph, source: RecognizerSource, output?: string): RecognizerModel =>
  recognizerModel(withScores(model, output), source, (b, [scores = ""]) =>
    declareScores(b, scores, typeOf(model, output), source),
  );

/** The element type of an output, by default the first. */
export const typeOf = ({ outputs }: Graph, output = outputs[0]?.name): DataType =>
  outputs.find(({ name }) => name === output)?.type ?? "float32";

/** Declares the output `logits`: the class scores in float32, without those before class 0. */
export function declareScores(
  b: GraphBuilder,
  scores: string,
  type: DataType,
  { classOffset = 0 }: RecognizerSource,
): void {
  const rows = b.Flatten(type === "float64" ? b.Cast(scores, "float32") : scores);
  b.output(LOGITS, classOffset > 0 ? b.Slice(rows, [1], [classOffset], [Number.MAX_SAFE_INTEGER]) : rows);
}

/** The stem of the names of the outputs that are raw heads of a detector: `head0`, `head1`, … */
export const HEAD = "head";

/** Declares the output `logits` of a segmenter: [N, classes, height, width], without the scores before class 0. */
export function declarePositions(
  b: GraphBuilder,
  scores: string,
  type: DataType,
  { classOffset = 0, preprocessing: { layout } }: RecognizerSource,
): void {
  const floats = type === "float64" ? b.Cast(scores, "float32") : scores;
  const maps = layout === "NHWC" ? b.Transpose(floats, [0, 3, 1, 2]) : floats;
  b.output(LOGITS, classOffset > 0 ? b.Slice(maps, [1], [classOffset], [Number.MAX_SAFE_INTEGER]) : maps);
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
