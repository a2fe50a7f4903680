import type { Graph } from "../onnx/graph.js";
import { float32, type Tensor } from "../onnx/tensor.js";
import { modelTitle, readModel, sha256OfFile } from "../platform/node/models.js";
import { Session, type SessionOptions } from "../runtime/session.js";
import { classifierModel, type RecognizerModel, type RecognizerSource } from "./model.js";
import type { PreprocessingOverrides } from "./preprocessing.js";
import { readPreprocessing } from "./read-preprocessing.js";
import { learnedClasses } from "./sources.js";

/** What the command line may say about a recognizer. */
export interface RecognizerSettings extends PreprocessingOverrides {
  /** The output that holds the class scores. Default: the first. */
  readonly output?: string | undefined;
}

/** A classifier that is ready to judge images. */
export interface Recognizer {
  readonly name: string;
  /** Side of the square images it takes, in pixels. */
  readonly size: number;
  /** The classes that it was shown in training, where that is known and not all. */
  readonly learned?: ReadonlySet<number>;
  /** @param images [count, 3, size, size] RGB in [0, 1]. @returns [count, classes], flattened. */
  logits(images: Float32Array, count: number): Promise<Float32Array>;
}

/**
 * Reads any ONNX classifier with its preprocessing, which becomes a part of the graph.
 * @throws UserError when the file or its sidecar cannot be used.
 */
export async function readRecognizer(path: string, settings: RecognizerSettings = {}): Promise<RecognizerModel> {
  const { output, ...overrides } = settings;
  const model = await readModel(path);
  return classifierModel(model, await readSource(path, model, overrides), output);
}

/**
 * Reads what is known of a recognizer beside its graph.
 * @param model the graph that the file holds.
 * @throws UserError when the sidecar cannot be used.
 */
export async function readSource(
  path: string,
  model: Graph,
  overrides: PreprocessingOverrides,
): Promise<RecognizerSource> {
  const preprocessing = await readPreprocessing(path, model, overrides);
  const sha256 = await sha256OfFile(path);
  const learned = await learnedClasses(path);
  return { name: modelTitle(path), preprocessing, sha256, ...(learned && { learned }) };
}

/** Reads a recognizer and starts it. */
export async function loadRecognizer(
  path: string,
  settings: RecognizerSettings = {},
  options: SessionOptions = {},
): Promise<Recognizer> {
  const { name, graph, preprocessing, learned } = await readRecognizer(path, settings);
  const { size } = preprocessing;
  const session = await Session.create(graph, options);
  return {
    name,
    size,
    ...(learned && { learned }),
    async logits(images, count) {
      const { logits } = await session.run({ image: float32(images, [count, 3, size, size]) });
      return (logits as Tensor).data as Float32Array;
    },
  };
}
