import type { Graph } from "../onnx/graph.js";
import { modelTitle, readModel, sha256OfFile } from "../platform/node/models.js";
import { classifierModel, type RecognizerModel, type RecognizerSource } from "./model.js";
import type { PreprocessingOverrides } from "./preprocessing.js";
import { readPreprocessing } from "./read-preprocessing.js";
import { learnedClasses } from "./sources.js";

/** Settings of a recognizer; they override its files. */
export interface RecognizerSettings extends PreprocessingOverrides {
  /** Name of the output with the class scores. Default: the first. */
  readonly output?: string | undefined;
}

/**
 * Reads any ONNX classifier. Its preprocessing becomes a part of the graph.
 * @throws UserError when the file or its sidecar cannot be used.
 */
export async function readRecognizer(path: string, settings: RecognizerSettings = {}): Promise<RecognizerModel> {
  const { output, ...overrides } = settings;
  const model = await readModel(path);
  return classifierModel(model, await readSource(path, model, overrides), output);
}

/**
 * Reads the properties of a recognizer other than its graph.
 * @param model the graph in the file.
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
