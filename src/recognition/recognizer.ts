import type { Graph } from "../onnx/graph.js";
import { modelTitle, readModel, sha256OfFile } from "../platform/node/models.js";
import { type LabelSet, matchClasses } from "./class-offset.js";
import { classifierModel, type RecognizerModel, type RecognizerSource } from "./model.js";
import type { PreprocessingOverrides } from "./preprocessing.js";
import { processorGiven, requireNoCard, returnsImage } from "./processor-file.js";
import { readPreprocessing } from "./read-preprocessing.js";
import { statedClasses } from "./sources.js";

/** Settings of a recognizer; they override its files. */
export interface RecognizerSettings extends PreprocessingOverrides {
  /** Name of the output with the class scores. Default: the first. */
  readonly output?: string | undefined;
  /**
   * Index of the output of class 0: 1 if the first output is a background class. Default: the sidecar's, or found from the
   * number of outputs and labels, if these are known; otherwise 0.
   */
  readonly classOffset?: number | undefined;
}

/**
 * Reads any ONNX classifier. Its preprocessing becomes a part of the graph.
 * @param labels the labels that it has to predict, if they are known: see `matchClasses`.
 * @throws UserError when the file or its sidecar cannot be used.
 */
export async function readRecognizer(
  path: string,
  settings: RecognizerSettings = {},
  labels?: LabelSet,
): Promise<RecognizerModel> {
  const { output, classOffset, ...overrides } = settings;
  const model = await readModel(path);
  const source = await readSource(path, model, overrides, classOffset);
  return matchClasses(model, source, labels, (matched) => classifierModel(model, matched, output));
}

/**
 * Reads the properties of a recognizer other than its graph.
 * @param model the graph in the file.
 * @throws UserError when the sidecar cannot be used, or the file is a processor.
 */
export async function readSource(
  path: string,
  model: Graph,
  overrides: PreprocessingOverrides,
  classOffset?: number,
): Promise<RecognizerSource> {
  requireNoCard(path, model);
  const preprocessing = await readPreprocessing(path, model, overrides).catch((error: unknown) => {
    throw returnsImage(model) ? processorGiven(path) : error;
  });
  const sha256 = await sha256OfFile(path);
  const stated = await statedClasses(path);
  const offset = classOffset ?? stated.classOffset;
  return {
    name: modelTitle(path),
    preprocessing,
    sha256,
    ...(stated.learned && { learned: stated.learned }),
    ...(stated.classNames && { classNames: stated.classNames }),
    ...(offset !== undefined && { classOffset: offset }),
  };
}
