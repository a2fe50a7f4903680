import type { Graph } from "../onnx/graph.js";
import { sidecarPath } from "../platform/node/models.js";
import { completePreprocessing } from "./complete-preprocessing.js";
import type { Preprocessing, PreprocessingOverrides } from "./preprocessing.js";
import { findStatement } from "./sources.js";

/**
 * The preprocessing of a recognizer: the overrides, then the first of its sidecar JSON, its metadata and a Hugging Face
 * `preprocessor_config.json`. Size and layout may also come from its input's shape.
 * @throws UserError when these do not define it, or one of them is not valid.
 */
export async function readPreprocessing(
  path: string,
  model: Graph,
  overrides: PreprocessingOverrides = {},
): Promise<Preprocessing> {
  const statement = await findStatement(path, model.metadata);
  return completePreprocessing({ path, sidecar: sidecarPath(path) }, model, statement, overrides);
}
