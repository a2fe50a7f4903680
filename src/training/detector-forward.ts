import { BOX, HEATMAP, STRIDE } from "../networks/detectors/detector.js";
import { detectionLoss } from "../objectives/detection-loss.js";
import { GraphBuilder } from "../onnx/builder.js";
import { type Graph, withOutputs } from "../onnx/graph.js";
import { parametersOf, withTrainingNorms } from "../processors/weights.js";
import { declareTargets, targetNames } from "./label-inputs.js";
import { inlineTrainable } from "./processor-forward.js";
import type { Forward } from "./step.js";

/** The names of the targets among the inputs of a detector's training step. */
export const TARGETS = targetNames(0);

/**
 * Builds the forward graph of a grid detector's training. Inputs: `image` [batch, 3, size, size] in [0, 1], the targets
 * `TARGETS` (`detectionTargets`) and the weights. Outputs: `loss`, `loss.heatmap` and `loss.box`, as in `detectionLoss`.
 */
export function detectorForward(network: Graph, batch: number, size: number, classes: number): Forward {
  const b = new GraphBuilder(`the training step of ${network.name}`);
  const image = b.input("image", [batch, 3, size, size]);
  const targets = declareTargets(b, [batch, classes, size / STRIDE, size / STRIDE], TARGETS);
  const heads = withOutputs(network, [HEATMAP, BOX]);
  const parameters = parametersOf(heads);
  const trainable = { parameters, ...withTrainingNorms(heads) };
  const { heatmap = "", box = "" } = inlineTrainable(b, trainable, { image }, "P/");
  const loss = detectionLoss(b, { heatmap, box }, targets);
  b.output("loss", loss.total);
  b.output("loss.heatmap", loss.heatmap);
  b.output("loss.box", loss.box);
  const { statistics } = trainable;
  return { graph: b.build(), goals: [{ loss: "loss", parameters }], statistics, initial: network.initializers };
}
