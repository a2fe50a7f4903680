import { UserError } from "../errors.js";
import { identity } from "../onnx/functions.js";
import { attribute, type Graph, type Node, withOutputs } from "../onnx/graph.js";
import { usesOf } from "../onnx/uses.js";

/** Operators between a Softmax and the output that keep the order of the classes. */
const orderPreserving = new Set(["Identity", "Reshape", "Squeeze", "Unsqueeze", "Flatten", "Cast", "Dropout"]);

/**
 * The classifier with its class scores as output: the output of that name, or the first. A final Softmax over the classes
 * is removed, because cross-entropy applies its own.
 * @param features values that become further outputs.
 * @throws UserError when it has no output of that name.
 */
export function withScores(model: Graph, output = model.outputs[0]?.name, features: readonly string[] = []): Graph {
  if (output === undefined || !model.outputs.some(({ name }) => name === output)) {
    const names = model.outputs.map(({ name }) => `"${name}"`).join(", ");
    throw new UserError(`${model.name} has no output "${output}"; it has ${names}`);
  }
  const softmax = trailingSoftmax(model, output);
  const bare = (node: Node) => (node === softmax ? identity(node.inputs[0] ?? "", node.outputs[0] ?? "") : node);
  return withOutputs({ ...model, nodes: model.nodes.map(bare) }, [output, ...features]);
}

function trailingSoftmax(model: Graph, output: string): Node | undefined {
  const { producers } = usesOf(model);
  const rank = model.outputs.find(({ name }) => name === output)?.shape?.length;
  let node = producers.get(output);
  while (node?.domain === "" && orderPreserving.has(node.op)) node = producers.get(node.inputs[0] ?? "");
  if (node?.domain !== "" || node.op !== "Softmax") return undefined;
  const axis = attribute(node, "axis", "int", -1);
  return axis === 1 || axis === -1 || axis + 1 === rank ? node : undefined;
}
