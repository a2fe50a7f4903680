import { messageOf, UserError } from "../errors.js";
import { readRegular } from "../platform/node/files.js";
import { readModel } from "../platform/node/models.js";
import { readPreprocessing } from "../recognition/read-preprocessing.js";
import { headerOf } from "./header.js";
import { type Inspection, type InspectOptions, inspectGraph } from "./inspect.js";

/**
 * Inspects an ONNX file: its inputs and outputs, parameters and operators, which operators block gradients, and what it can
 * serve as. Runs the model on trial inputs.
 * @throws UserError when the file cannot be read, ONNX Runtime cannot load the model, or it does not run with the size that
 * was set.
 */
export async function inspectModel(file: string, options: InspectOptions = {}): Promise<Inspection> {
  const graph = await readModel(file);
  const content = await readRegular(file).catch((error) => {
    throw new UserError(`cannot read the model ${file}: ${messageOf(error)}`);
  });
  const header = headerOf(content, file);
  const sidecar = await readPreprocessing(file, graph).catch((error: unknown) => messageOf(error));
  const known = typeof sidecar === "string" ? undefined : sidecar;
  const found = await inspectGraph(graph, { ...options, ...(known && { preprocessing: known }) });
  const notes = typeof sidecar === "string" && found.serves.recognizer.serves ? [sidecar] : [];
  return { file, ...header, ...found, notes: [...found.notes, ...notes] };
}
