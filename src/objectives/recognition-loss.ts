import { detectionLoss } from "./detection-loss.js";
import { featureDistance } from "./feature-distance.js";
import { crossEntropy, positionCrossEntropy } from "./losses.js";
import type { FrozenRecognizer, ObjectiveContext } from "./objective.js";
import { overRecognizers } from "./weighted-sums.js";

/**
 * The weighted sum over the recognizers of `lossOf` plus `featureWeight` times the feature distance from y.
 * @param images the images that the recognizers process
 * @param lossOf the loss of one recognizer's output
 * @returns a scalar
 */
export function recognitionLoss(
  context: ObjectiveContext,
  images: string,
  lossOf: (recognizer: FrozenRecognizer) => string,
): string {
  const { b, featureWeight } = context;
  return overRecognizers(context, (recognizer) => {
    const loss = lossOf(recognizer);
    if (featureWeight === 0) return loss;
    return b.Add(loss, b.Mul(b.scalar(featureWeight), featureDistance(context, recognizer, images)));
  });
}

/**
 * The recognition loss with labels for `images`: the cross-entropy of class scores with the classes of the images or, of a
 * segmenter, with those of their pixels; of a grid detector, the loss of detection with their boxes. Returns a scalar.
 */
export const labelLoss = (context: ObjectiveContext, images: string): string =>
  recognitionLoss(context, images, (recognizer) => lossWithLabels(context, recognizer, images));

function lossWithLabels(
  { b, labels, labelMaps }: ObjectiveContext,
  recognizer: FrozenRecognizer,
  images: string,
): string {
  const { kind, outputShapes, targets } = recognizer;
  const [first = "", second = ""] = recognizer.outputs(images);
  const [shape = []] = outputShapes;
  switch (kind) {
    case "scores":
      return crossEntropy(b, first, labels(), shape[1] as number);
    case "positions":
      return positionCrossEntropy(b, { value: first, shape }, labelMaps());
    case "grid":
      return detectionLoss(b, { heatmap: first, box: second }, targets()).total;
    case "heads":
      throw new Error("the raw heads of this detector have no loss with labels");
  }
}
