import { crossEntropy, smoothedCrossEntropy } from "../objectives/losses.js";
import { GraphBuilder } from "../onnx/builder.js";
import type { Graph } from "../onnx/graph.js";
import { parametersOf, withTrainingNorms } from "../processors/weights.js";
import { inlineTrainable } from "./processor-forward.js";
import type { Forward } from "./step.js";

/**
 * A classifier with its cross-entropy. Inputs: `image` [batch, 3, size, size], `labels` [batch] and the weights.
 * @param network input `image` [N, 3, size, size], output `logits` [N, classes], all but N known
 * @param smoothing the share of each label that is spread over all classes, 0 to 1
 */
export function recognizerForward(network: Graph, batch: number, smoothing: number): Forward {
  const b = new GraphBuilder(`the training step of ${network.name}`);
  const [side, classes] = [sideOf(network), network.outputs[0]?.shape?.[1] as number];
  const image = b.input("image", [batch, 3, side, side]);
  const labels = b.input("labels", [batch], "int64");
  const parameters = parametersOf(network);
  const learning = { parameters, ...withTrainingNorms(network) };
  const { logits = "" } = inlineTrainable(b, learning, { image }, "P/");
  const loss =
    smoothing > 0
      ? smoothedCrossEntropy(b, logits, labels, classes, smoothing)
      : crossEntropy(b, logits, labels, classes);
  b.output("loss", loss);
  const { statistics } = learning;
  return { graph: b.build(), goals: [{ loss: "loss", parameters }], statistics, initial: network.initializers };
}

/** Side in pixels of the pictures that a network takes. */
export const sideOf = (network: Graph): number => network.inputs[0]?.shape?.[3] as number;
