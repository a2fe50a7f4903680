import { featureDistance } from "./feature-distance.js";
import { crossEntropy } from "./losses.js";
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

/** The recognition loss with labels: the cross-entropy of the recognizers' class scores for `images`. Returns a scalar. */
export function classLoss(context: ObjectiveContext, images: string): string {
  const labels = context.labels();
  return recognitionLoss(context, images, ({ outputs, outputShapes }) =>
    crossEntropy(context.b, outputs(images)[0] as string, labels, outputShapes[0]?.[1] as number),
  );
}
