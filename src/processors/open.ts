import { readTextIfThere } from "../platform/node/files.js";
import { modelTitle, readModel, sha256OfFile, sidecarPath } from "../platform/node/models.js";
import type { SessionOptions } from "../runtime/session.js";
import { parseFormat, plainFormat } from "./format.js";
import { Processor } from "./processor.js";

/** Settings of a processor. */
export interface OpenOptions extends SessionOptions {
  /** Default: the file's name, or for the `model.onnx` of a run that of the run's folder. */
  readonly name?: string;
}

/**
 * Opens an ONNX file that maps an image to an image, with the sidecar JSON beside it.
 * @example
 * const processor = await openProcessor("models/sr-x4-ra.onnx");
 * const { scale } = await processor.geometry();
 * @throws UserError when a file cannot be read, or the model does not have one image input and one image output of three
 * channels.
 */
export async function openProcessor(file: string, { name, ...options }: OpenOptions = {}): Promise<Processor> {
  const graph = await readModel(file);
  const sidecar = await readTextIfThere(sidecarPath(file));
  const format = sidecar === undefined ? plainFormat : parseFormat(sidecar, sidecarPath(file));
  const source = { name: name ?? modelTitle(file), format, file, sha256: await sha256OfFile(file) };
  return new Processor(graph, { ...source, ...(sidecar !== undefined && { sidecar }) }, options);
}
