import type { FileHandle } from "node:fs/promises";
import { dirname, isAbsolute, relative, resolve } from "node:path";
import { UserError } from "../../errors.js";
import {
  type GraphMessage,
  type ModelMessageShape,
  type NodeMessage,
  type TensorMessage,
  typeName,
} from "../../onnx/schema.js";
import { arrayOf, sizeOf } from "../../onnx/tensor.js";
import { openRegular } from "./files.js";

/** Node reads less than 2 GiB in one call. */
const CHUNK = 2 ** 30;

/**
 * Loads every tensor whose data are outside the ONNX file into its message. Only the bytes of the tensor are read, so that
 * the file may have any size.
 * @throws UserError when a file is missing, outside the model's folder, or smaller than the model declares.
 */
export async function loadExternal(message: ModelMessageShape, model: string): Promise<void> {
  const files = new Map<string, FileHandle>();
  try {
    for (const tensor of externalTensors(message)) {
      const fields = Object.fromEntries((tensor.externalData ?? []).map(({ key, value }) => [key, value]));
      const location = fields.location ?? "";
      const file = files.get(location) ?? (await openBeside(model, location));
      files.set(location, file);
      tensor.rawData = await readPart(file, tensor, fields, `${model}: the tensor "${tensor.name ?? ""}"`);
      tensor.dataLocation = 0;
    }
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

async function openBeside(model: string, location: string): Promise<FileHandle> {
  const folder = dirname(resolve(model));
  const path = resolve(folder, location);
  const way = relative(folder, path);
  if (/^\.\.([/\\]|$)/.test(way) || isAbsolute(way))
    throw new UserError(`${model} refers to weights outside its folder: ${location}`);
  const file = await openRegular(path).catch(() => undefined);
  if (file) return file;
  throw new UserError(`${model} keeps its weights in ${location || "a file without a name"}, which is not beside it`);
}

async function readPart(
  file: FileHandle,
  tensor: TensorMessage,
  fields: Readonly<Record<string, string>>,
  where: string,
): Promise<Uint8Array> {
  const type = typeName(tensor.dataType);
  if (!type || type === "string") throw new UserError(`${where} has an element type that Legible does not read`);
  const needed = sizeOf(tensor.dims.map(Number)) * arrayOf[type].BYTES_PER_ELEMENT;
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
