import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { messageOf, UserError } from "../errors.js";
import { inlineBranches } from "./branches.js";
import { loadExternal } from "./external.js";
import type { Graph } from "./graph.js";
import { normalize } from "./normalize.js";
import { ordered } from "./order.js";
import { parseFunction, parseGraph, parseOpsets } from "./parse.js";
import { withNotes } from "./precision.js";
import { type GraphMessage, ModelMessage, type ModelMessageShape } from "./schema.js";

/**
 * Reads an ONNX file, with its external data if it has any, and brings it to the one form that Legible uses: one opset,
 * float32, no functions, no branch that is decided beforehand, nodes in order.
 * @throws UserError when the file is missing, cut off, not ONNX, or needs something that Legible does not read.
 */
export async function readModel(path: string): Promise<Graph> {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw new UserError(`cannot read the model ${path}: ${error.code === "ENOENT" ? "no such file" : error.message}`);
  });
  const message = decode(bytes, path);
  await loadExternal(message, path);
  return toGraph(message, path);
}

/** Reads an ONNX file that is in memory. `title` names it in messages. */
export const decodeModel = (bytes: Uint8Array, title = "the model"): Graph => toGraph(decode(bytes, title), title);

function decode(bytes: Uint8Array, title: string): ModelMessageShape {
  let message: ModelMessageShape;
  try {
    message = ModelMessage.decode(bytes) as unknown as ModelMessageShape;
  } catch (error) {
    throw new UserError(
      `${title} is not a whole ONNX file (${messageOf(error)}): it may be cut off or of another format`,
    );
  }
  if (!message.graph?.node.length) throw new UserError(`${title} is not an ONNX model: it holds no operators`);
  return message;
}

function toGraph(message: ModelMessageShape, title: string): Graph {
  try {
    const graph = parseGraph(message.graph as GraphMessage, parseOpsets(message.opsetImport));
    if (graph.outputs.length === 0) throw new UserError("it has no output");
    const metadata = Object.fromEntries(message.metadataProps.map(({ key, value }) => [key, value]));
    const normal = normalize({ ...graph, name: basename(title), metadata }, message.functions.map(parseFunction));
    return inlineBranches(ordered(withNotes(normal)));
  } catch (error) {
    if (error instanceof UserError) throw new UserError(`cannot use ${title}: ${error.message}`);
    throw new UserError(`${title} is a damaged ONNX file: ${messageOf(error)}`);
  }
}
