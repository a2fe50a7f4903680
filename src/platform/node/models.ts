import { createHash } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { messageOf, UserError } from "../../errors.js";
import { decodeMessage, graphOf } from "../../onnx/decode.js";
import { encodeExternal, encodeModel, weightBytes } from "../../onnx/encode.js";
import type { Graph } from "../../onnx/graph.js";
import { ModelMessage } from "../../onnx/schema.js";
import { loadExternal } from "./external-data.js";
import { readRegular, writeBytes } from "./files.js";
import { machineBlockFor } from "./machine-block.js";
import { withTemporary } from "./temporary.js";

/** A protobuf file holds 2 GiB at most; weights beyond this many bytes are written to a file of their own. */
const INLINE_LIMIT = 1.5e9;

/**
 * Reads an ONNX file with its external data, and normalizes it: one opset, float32, no functions, no decided branches,
 * nodes in topological order.
 * @throws UserError when the file is missing, truncated, not ONNX, or needs something that Legible does not read.
 */
export async function readModel(path: string): Promise<Graph> {
  const bytes = await readRegular(path).catch((error: unknown) => {
    throw new UserError(`cannot read the model ${path}: ${messageOf(error)}`);
  });
  const message = decodeMessage(bytes, path);
  const external = await loadExternal(message, path);
  const graph = graphOf(message, path, await machineBlockFor(message));
  return external.length > 0 ? { ...graph, notes: [...(graph.notes ?? []), ...external] } : graph;
}

/**
 * Writes the graph as an ONNX file, which is whole or absent. Weights are written into it, or into `FILE.data` beside it if
 * `external` is set or they are too large for one file.
 * @throws UserError when the file cannot be written.
 */
export async function writeModel(graph: Graph, path: string, external = !fitsOneFile(graph)): Promise<void> {
  if (!external) return writeBytes(path, [encodeModel(graph)]);
  const { model, data } = encodeExternal(graph, `${basename(path)}.data`);
  await writeBytes(`${path}.data`, data);
  await writeBytes(path, [model]);
}

/**
 * Replaces the metadata of an ONNX file. The rest stays as it is stored, such as weights in float16 or beside the file.
 * @throws UserError when the file is no ONNX file or cannot be written.
 */
export async function writeMetadata(metadata: Graph["metadata"], path: string): Promise<void> {
  const message = decodeMessage(await readRegular(path), path);
  const metadataProps = Object.entries(metadata).map(([key, value]) => ({ key, value }));
  await writeBytes(path, [ModelMessage.encode({ ...message, metadataProps }).finish()]);
}

/**
 * Writes the graph to a file in a temporary folder, its weights beside it, calls `use` with the path and removes the folder:
 * for graphs too large to pass as the bytes of `encodeModel`.
 */
export const withModelFile = <T>(graph: Graph, use: (path: string) => Promise<T>): Promise<T> =>
  withTemporary(tmpdir(), async (folder) => {
    await mkdir(folder, { mode: 0o700 });
    const path = join(folder, "model.onnx");
    await writeModel(graph, path, true);
    return use(path);
  });

/** Whether a protobuf file can hold the weights. */
const fitsOneFile = (graph: Graph): boolean => weightBytes(graph) <= INLINE_LIMIT;

/** The path of the sidecar: `net.json` beside `net.onnx`. */
export const sidecarPath = (model: string): string => `${model.replace(/\.onnx$/i, "")}.json`;

/** The files of a model that an output must not replace: the ONNX file, weights beside it as `writeModel` names them, the sidecar. */
export const modelFiles = (model: string): string[] => [model, `${model}.data`, sidecarPath(model)];

/** The name of a model: its file's name, or for the `model.onnx` of a run the name of the run's folder. */
export function modelTitle(path: string): string {
  const name = basename(path).replace(/\.onnx$/i, "");
  return name === "model" ? basename(dirname(resolve(path))) : name;
}

/** The SHA-256 of a graph with its weights, hexadecimal, wherever its file keeps them. */
export function sha256OfGraph(graph: Graph): string {
  const { model, data } = encodeExternal(graph, "weights");
  const hash = createHash("sha256").update(model);
  for (const chunk of data) hash.update(chunk);
  return hash.digest("hex");
}

/** The SHA-256 of a file, hexadecimal. */
export const sha256OfFile = async (path: string): Promise<string> =>
  createHash("sha256")
    .update(await readRegular(path))
    .digest("hex");
