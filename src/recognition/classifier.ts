import { UserError } from "../errors.js";
import type { Image } from "../images/image.js";
import { keyOf } from "../jobs/job.js";
import { rankingOf } from "../metrics/ranking.js";
import type { Graph, ValueInfo } from "../onnx/graph.js";
import { float32, type Tensor } from "../onnx/tensor.js";
import { BatchedSession } from "../runtime/batching.js";
import type { SessionOptions } from "../runtime/session.js";
import type { LabelSet } from "./class-offset.js";
import { requireClasses } from "./classes.js";
import type { ClassPrediction, Judge } from "./judge.js";
import { judgeInput } from "./judge-input.js";
import { LOGITS } from "./model.js";
import { type RecognizerSettings, readRecognizer } from "./recognizer.js";
import { requireScores } from "./require-scores.js";

/** A classifier as a graph whose input has Legible's image format. */
export interface ClassifierSource {
  readonly name: string;
  /** Hash of everything that determines its predictions. */
  readonly key: string;
  /** Input `image`: float32 [N, 3, side, side], RGB in [0, 1]. Output `logits`: [N, classes]. */
  readonly graph: Graph;
  /** Side of its square input in pixels. */
  readonly side: number;
  /** The batch size that its file declares. Default: null, which is an open one. */
  readonly declaredBatch?: number | null;
  /** The classes of its training data, if they are known and not all. */
  readonly learned?: ReadonlySet<number>;
  /** The outputs of its file, for messages. */
  readonly fileOutputs?: readonly ValueInfo[];
}

/** A judge that predicts classes. */
export interface Classifier extends Judge<ClassPrediction> {
  /** Notes on how it is computed and how its outputs match the labels, one sentence each. */
  readonly notes: readonly string[];
  predict(images: readonly Image[]): Promise<readonly ClassPrediction[]>;
  /** Frees the session. */
  release(): Promise<void>;
}

/**
 * Opens any ONNX classifier as a judge.
 * @example
 * const judge = await openClassifier("resnet50.onnx");
 * const [prediction] = await judge.predict([await decodeImage("cat.jpg")]);
 * @param labels the labels of the images, which can show that its first output is a background class: see `matchClasses`.
 * @throws UserError when the file or its sidecar cannot be used.
 */
export async function openClassifier(
  path: string,
  settings: RecognizerSettings = {},
  options: SessionOptions = {},
  labels?: LabelSet,
): Promise<Classifier> {
  const model = await readRecognizer(path, settings, labels);
  const { name, graph, preprocessing, learned, sha256, classOffset = 0, fileOutputs = [], declaredBatch } = model;
  await requireScores(model);
  const key = keyOf({ sha256, preprocessing, output: settings.output, ...(classOffset > 0 && { classOffset }) });
  const source = { name, key, graph, side: preprocessing.size, fileOutputs, declaredBatch };
  return startClassifier({ ...source, ...(learned && { learned }) }, options);
}

/**
 * Starts a classifier from its graph.
 * @throws UserError when ONNX Runtime cannot load it, or it does not output one row of scores for each image that is
 * independent of the other images.
 */
export async function startClassifier(source: ClassifierSource, options: SessionOptions = {}): Promise<Classifier> {
  const { name, graph, side, declaredBatch = null, learned, fileOutputs = [] } = source;
  const session = await BatchedSession.open({ graph, image: [3, side, side], declaredBatch }, options);
  const { group } = session.batching;
  // Predictions of earlier versions, which ran such networks as one batch, are not valid.
  const key = group === null ? source.key : keyOf({ key: source.key, group });
  const run = async (input: Float32Array, count: number): Promise<Tensor> => {
    const outputs = await session.run(float32(input, [count, 3, side, side]), [LOGITS]);
    return outputs[LOGITS] as Tensor;
  };
  /** Number of class scores, counted once on a black image. */
  let classes: Promise<number> | undefined;
  const countClasses = async () => (await run(new Float32Array(3 * side * side), 1)).data.length;
  return {
    kind: "class",
    name,
    key,
    notes: [...(graph.notes ?? []), ...(declaredBatch === null && group !== null ? [ALONE] : [])],
    async requireKnows(items, attempt) {
      classes ??= countClasses();
      requireClasses({ name, classes: await classes, fileOutputs, ...(learned && { learned }) }, items, attempt);
    },
    async predict(images) {
      const { data } = await run(judgeInput(images, side), images.length);
      const row = data.length / images.length;
      if (!Number.isInteger(row))
        throw new UserError(`${name} returns ${data.length} scores for ${images.length} images`);
      const scores = data as Float32Array;
      return images.map((_, i) => ({ kind: "class", ranked: rankingOf(scores, i * row, row) }));
    },
    release: () => session.release(),
  };
}

/** A note on a network of an open batch that runs in groups of 1. */
export const ALONE = "its output for an image depends on the other images of a batch: images run one by one";

/** The notes of classifiers, each with the classifier's name. */
export const classifierNotes = (classifiers: readonly Pick<Classifier, "name" | "notes">[]): string[] =>
  classifiers.flatMap(({ name, notes }) => notes.map((note) => `${name}: ${note}`));
