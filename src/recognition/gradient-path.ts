import { dependents, stopsOf, titlesOf } from "../autodiff/flow.js";
import { UserError } from "../errors.js";
import { titleOf } from "../onnx/graph.js";
import { isFloat } from "../onnx/types.js";
import { suggestion } from "./file-outputs.js";
import type { RecognizerModel } from "./model.js";

/**
 * Checks that a gradient of each output of a recognizer reaches the image.
 * @param attempt the operation, for the message, such as "train with".
 * @throws UserError when no gradient passes from an output to the image, with the nodes that stop it.
 */
export function requireGradientPath(model: RecognizerModel, attempt: string): void {
  const { name, graph, sources, fileOutputs = [] } = model;
  const onImage = dependents(graph, ["image"]);
  for (const [i, { name: output }] of graph.outputs.entries()) {
    // Fitting refuses outputs of other types, with the type.
    if (onImage.has(output) || !isFloat(sources[i]?.type ?? "float32")) continue;
    const stops = stopsOf(graph, output, ["image"]);
    const title = sources[i]?.name.replace(/^R\//, "") ?? output;
    const reason =
      stops.length === 0
        ? "it does not depend on the image"
        : `${titlesOf(stops.map((node) => ({ ...node, name: titleOf(node).replace(/^R\//, "") })))} ${stops.length > 1 ? "stop" : "stops"} it`;
    const others = fileOutputs.filter((each) => each.name !== title);
    throw new UserError(
      `cannot ${attempt} ${name}: no gradient passes from its output "${title}" to the image: ${reason}` +
        (suggestion(others, (numbers) => numbers > 1) || "; choose another recognizer or `output`"),
    );
  }
}
