import { UserError } from "../errors.js";
import type { Graph } from "./graph.js";
import { withFoldedHalves } from "./half-weights.js";
import { normalize } from "./normalize.js";
import { ordered } from "./order.js";
import { parseFunction, parseGraph, parseOpsets } from "./parse.js";
import { withNotes } from "./precision.js";
import { withoutReservedNames } from "./reserved-names.js";
import { type GraphMessage, ModelMessage, type ModelMessageShape } from "./schema.js";
import { resolveStructure } from "./structure.js";

/**
 * Decodes the bytes of an ONNX file and normalizes the graph: one opset, float32, functions and what constants decide
 * (branches, loops, sequences) inlined, nodes in topological order.
 * @param title the name of the model in messages.
 * @throws UserError if the bytes are not a complete ONNX file, or if Legible does not support something in it.
 */
export const decodeModel = (bytes: Uint8Array, title = "the model"): Graph =>
  graphOf(decodeMessage(bytes, title), title);

/** Decodes the protobuf message of an ONNX file. @throws UserError if the bytes are not one. */
export function decodeMessage(bytes: Uint8Array, title: string): ModelMessageShape {
  let message: ModelMessageShape;
  try {
    message = ModelMessage.decode(bytes) as unknown as ModelMessageShape;
  } catch (error) {
    throw new UserError(`${title} is not a complete ONNX file: it may be truncated or of another format`, {
      cause: error,
    });
  }
  const { node, output } = message.graph ?? { node: [], output: [] };
  if (node.length + output.length === 0) throw new UserError(`${title} is not an ONNX model: it has no nodes`);
  return message;
}

/**
 * The normalized graph of a message with all tensors loaded.
 * @param machineBlock the block size of ONNX Runtime's blocked layout on this machine; null if it has none.
 * @throws UserError as `decodeModel` does.
 */
export function graphOf(message: ModelMessageShape, title: string, machineBlock?: number | null): Graph {
  try {
    const graph = parseGraph(message.graph as GraphMessage, parseOpsets(message.opsetImport));
    if (graph.outputs.length === 0) throw new UserError("it has no outputs");
    const metadata = Object.fromEntries(message.metadataProps.map(({ key, value }) => [key, value]));
    const normal = normalize(
      { ...graph, name: fileName(title), metadata },
      message.functions.map(parseFunction),
      machineBlock,
    );
    return resolveStructure(withoutReservedNames(ordered(withNotes(withFoldedHalves(normal)))));
  } catch (error) {
    if (error instanceof UserError) throw new UserError(`cannot use ${title}: ${error.message}`);
    throw new UserError(`${title} is a damaged ONNX file, or of a kind that Legible cannot read`, { cause: error });
  }
}

/** The last part of a path. */
const fileName = (path: string): string => path.split(/[/\\]/).at(-1) ?? path;
