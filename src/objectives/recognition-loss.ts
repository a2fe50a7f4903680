import { featureDistance } from "./feature-distance.js";
import { crossEntropy } from "./losses.js";
import type { FrozenRecognizer, ObjectiveContext } from "./objective.js";
import { overRecognizers } from "./weighted-sums.js";

/**
 * Σ over the recognizers, by weight, of a loss of what R makes of the images + W · the distance of the values inside R
 * from those for y, W being the context's `featureWeight`.
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

/** The recognition loss by labels: the cross-entropy of what the recognizers read in these images. */
export function classLoss(context: ObjectiveContext, images: string): string {
  const labels = context.labels();
  return recognitionLoss(context, images, ({ output, outputShape: [, classes] }) =>
    crossEntropy(context.b, output(images), labels, classes as number),
  );
}
