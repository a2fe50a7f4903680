import { UserError } from "../errors.js";
import { keyOf } from "../jobs/job.js";
import { rankingOf } from "../metrics/ranking.js";
import type { Graph } from "../onnx/graph.js";
import { float32, type Tensor } from "../onnx/tensor.js";
import { BatchedSession } from "../runtime/batching.js";
import type { SessionOptions } from "../runtime/session.js";
import { requireClasses } from "./classes.js";
import type { Judge } from "./judge.js";
import { judgeInput } from "./judge-input.js";
import { LOGITS } from "./model.js";
import { type RecognizerSettings, readRecognizer } from "./recognizer.js";

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
}

/** A judge that predicts classes. */
export interface Classifier extends Judge {
  /** Frees the session. */
  release(): Promise<void>;
}

/**
 * Opens any ONNX classifier as a judge.
 * @example
 * const judge = await openClassifier("resnet50.onnx");
 * const [prediction] = await judge.predict([await decodeImage("cat.jpg")]);
 * @throws UserError when the file or its sidecar cannot be used.
 */
export async function openClassifier(
  path: string,
  settings: RecognizerSettings = {},
  options: SessionOptions = {},
): Promise<Classifier> {
  const { name, graph, preprocessing, learned, sha256, declaredBatch } = await readRecognizer(path, settings);
  const key = keyOf({ sha256, preprocessing, output: settings.output });
  const source = { name, key, graph, side: preprocessing.size, declaredBatch, ...(learned && { learned }) };
  return startClassifier(source, options);
}

/**
 * Starts a classifier from its graph.
 * @throws UserError when ONNX Runtime cannot load it, or it does not output one row of scores for each image that is
 * independent of the other images.
 */
export async function startClassifier(source: ClassifierSource, options: SessionOptions = {}): Promise<Classifier> {
  const { name, graph, side, declaredBatch = null, learned } = source;
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
    name,
    key,
    async requireKnows(items, attempt) {
      classes ??= countClasses();
      requireClasses({ name, classes: await classes, ...(learned && { learned }) }, items, attempt);
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
