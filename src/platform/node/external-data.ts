import { type FileHandle, realpath, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { UserError } from "../../errors.js";
import {
  type GraphMessage,
  type ModelMessageShape,
  type NodeMessage,
  type TensorMessage,
  typeName,
} from "../../onnx/schema.js";
import { byteSize } from "../../onnx/tensor.js";
import { isInside, openRegular } from "./files.js";

/** Node reads less than 2 GiB in one call. */
const CHUNK = 2 ** 30;

/**
 * Loads every tensor whose data are outside the ONNX file into its message. Only the bytes of the tensor are read, so that
 * the file may have any size.
 * @returns notes on files outside the model's folder, which only the links of a model cache may lead to.
 * @throws UserError when a file is missing, no regular file, outside the model's folder, or smaller than the model declares.
 */
export async function loadExternal(message: ModelMessageShape, model: string): Promise<string[]> {
  const files = new Map<string, FileHandle>();
  const notes = new Set<string>();
  try {
    for (const tensor of externalTensors(message)) {
      const fields = Object.fromEntries((tensor.externalData ?? []).map(({ key, value }) => [key, value]));
      const location = fields.location ?? "";
      const file = files.get(location) ?? (await openBeside(model, location, (note) => notes.add(note)));
      files.set(location, file);
      tensor.rawData = await readPart(file, tensor, fields, `${model}: the tensor "${tensor.name ?? ""}"`);
      tensor.dataLocation = 0;
    }
    return [...notes];
  } finally {
    for (const file of files.values()) await file.close();
  }
}

function externalTensors(message: ModelMessageShape): TensorMessage[] {
  const inNodes = (nodes: readonly NodeMessage[]): TensorMessage[] =>
    nodes.flatMap(({ attribute }) => attribute.flatMap(({ t, g }) => [...(t ? [t] : []), ...(g ? inGraph(g) : [])]));
  const inGraph = (graph: GraphMessage) => [...graph.initializer, ...inNodes(graph.node)];
  const all = [...(message.graph ? inGraph(message.graph) : []), ...message.functions.flatMap((f) => inNodes(f.node))];
  return all.filter(({ dataLocation }) => dataLocation === 1);
}

/** @param onNote is called with a note if the file is outside the model's folder. */
async function openBeside(model: string, location: string, onNote: (note: string) => void): Promise<FileHandle> {
  const { folder, path } = await locate(model, location);
  const outside = new UserError(`${model} refers to weights outside its folder: ${location}`);
  if (!isInside(path, folder)) throw outside;
  const real = await realpath(path).catch(() => undefined);
  if (real === undefined || !(await stat(real)).isFile())
    throw new UserError(
      `${model} keeps its weights in ${location || "a file without a name"}, ` +
        `${real === undefined ? "which is not beside it" : "which is not a regular file beside it"}`,
    );
  if (!isInside(real, await realpath(folder))) {
    const cache = await cacheRootOf(folder, real);
    if (cache === undefined)
      throw new UserError(`${outside.message}, a link to ${real}; replace the link by the file if you trust the model`);
    onNote(`its weights are read through the links of the model cache ${cache}`);
  }
  return openRegular(real);
}

/** Where a location is: beside the model or, if the model itself is a link and nothing is there, beside its target. */
async function locate(model: string, location: string): Promise<{ readonly folder: string; readonly path: string }> {
  const at = (file: string) => ({ folder: dirname(file), path: resolve(dirname(file), location) });
  const [beside, target] = [at(resolve(model)), at(await realpath(model))];
  const isThere = (path: string) =>
    stat(path).then(
      () => true,
      () => false,
    );
  return (await isThere(beside.path)) || !(await isThere(target.path)) ? beside : target;
}

/**
 * The root of the model cache that both a model's folder and a file belong to, if there is one. Such a cache, as that of
 * Hugging Face, keeps contents in `ROOT/blobs` and links to them in `ROOT/snapshots/REVISION`.
 */
async function cacheRootOf(folder: string, file: string): Promise<string | undefined> {
  let inner = await realpath(folder);
  for (let outer = dirname(inner); outer !== inner; [inner, outer] = [outer, dirname(outer)])
    if (basename(inner) === "snapshots" && isInside(file, join(outer, "blobs"))) return outer;
  return undefined;
}

async function readPart(
  file: FileHandle,
  tensor: TensorMessage,
  fields: Readonly<Record<string, string>>,
  where: string,
): Promise<Uint8Array> {
  const type = typeName(tensor.dataType);
  if (!type || type === "string") throw new UserError(`${where} has an element type that Legible does not read`);
  const needed = byteSize(type, tensor.dims.map(Number));
  const [offset, length] = [Number(fields.offset ?? 0), Number(fields.length ?? needed)];
  if (length !== needed) throw new UserError(`${where} has ${needed} bytes, but the model declares ${fields.length}`);
  const { size } = await file.stat();
  if (!Number.isSafeInteger(offset) || offset < 0 || length < 0 || offset + length > size)
    throw new UserError(
      `${where} is declared at byte ${fields.offset ?? 0} of ${fields.location} with ${length} bytes; ` +
        `that file has ${size} bytes`,
    );
  return readBytes(file, offset, length);
}

async function readBytes(file: FileHandle, offset: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  for (let done = 0; done < length; ) {
    const { bytesRead } = await file.read(bytes, done, Math.min(CHUNK, length - done), offset + done);
    if (bytesRead === 0) throw new UserError("a file of weights was truncated while it was read");
    done += bytesRead;
  }
  return bytes;
}
