import { crossEntropy, smoothedCrossEntropy } from "../objectives/losses.js";
import { GraphBuilder } from "../onnx/builder.js";
import type { Graph } from "../onnx/graph.js";
import { parametersOf, withTrainingNorms } from "../processors/weights.js";
import { inlineTrainable } from "./processor-forward.js";
import type { Forward } from "./step.js";

/**
 * Builds the forward graph of a classifier's training with cross-entropy. Inputs: `image` [batch, 3, size, size] in [0, 1],
 * `labels` int64 [batch] and the weights. Output: `loss`.
 * @param network input `image` [N, 3, size, size], output `logits` [N, classes]; all sizes but N are known
 * @param smoothing label smoothing: the share of each label that is distributed over all classes, 0 to 1
 */
export function recognizerForward(network: Graph, batch: number, smoothing: number): Forward {
  const b = new GraphBuilder(`the training step of ${network.name}`);
  const [side, classes] = [sideOf(network), network.outputs[0]?.shape?.[1] as number];
  const image = b.input("image", [batch, 3, side, side]);
  const labels = b.input("labels", [batch], "int64");
  const parameters = parametersOf(network);
  const trainable = { parameters, ...withTrainingNorms(network) };
  const { logits = "" } = inlineTrainable(b, trainable, { image }, "P/");
  const loss =
    smoothing > 0
      ? smoothedCrossEntropy(b, logits, labels, classes, smoothing)
      : crossEntropy(b, logits, labels, classes);
  b.output("loss", loss);
  const { statistics } = trainable;
  return { graph: b.build(), goals: [{ loss: "loss", parameters }], statistics, initial: network.initializers };
}

/** Side, in pixels, of the network's input images. */
export const sideOf = (network: Graph): number => network.inputs[0]?.shape?.[3] as number;
