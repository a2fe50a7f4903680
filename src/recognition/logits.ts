import { UserError } from "../errors.js";
import { identity } from "../onnx/functions.js";
import { type Graph, type Node, titleOf, withOutputs } from "../onnx/graph.js";
import { usesOf } from "../onnx/uses.js";
import { type End, probabilityEnd } from "./probability-end.js";

/**
 * The classifier with its class scores as output: the output of that name, or the first. A final softmax over the classes
 * or sigmoid is removed, because cross-entropy applies its own softmax; the graph's notes name it unless it is the
 * operator Softmax.
 * @param features values that become further outputs.
 * @throws UserError when it has no output of that name.
 */
export function withScores(model: Graph, output = model.outputs[0]?.name, features: readonly string[] = []): Graph {
  if (output === undefined || !model.outputs.some(({ name }) => name === output)) {
    const names = model.outputs.map(({ name }) => `"${name}"`).join(", ");
    throw new UserError(`${model.name} has no output "${output}"; it has ${names}`);
  }
  const end = probabilityEnd(usesOf(model), output);
  const found = end ? withoutEnd(model, end) : model;
  return withOutputs(found, [output, ...features]);
}

/** The graph with the scores in place of the probabilities, and of what is computed from these up to the output. */
function withoutEnd(model: Graph, { scores, node, between, what }: End): Graph {
  const bare = (each: Node): Node => {
    const [output = ""] = each.outputs;
    if (each === node) return identity(scores, output);
    return between.has(each) ? identity(between.get(each) as string, output) : each;
  };
  const isPlain = node.op === "Softmax" && between.size === 0;
  const note = `the ${what} at its end (${node.op} "${titleOf(node)}") is removed, and its input is used as class scores`;
  return { ...model, nodes: model.nodes.map(bare), notes: [...(model.notes ?? []), ...(isPlain ? [] : [note])] };
}
