import { meanOf, relativeSquaredError } from "./losses.js";
import type { FrozenRecognizer, ObjectiveContext } from "./objective.js";

/**
 * Mean over the compared features f of R of mean((f(images) - f(y))²) / mean(f(y)²): a task-driven perceptual loss after
 * SR4IR (Kim et al., CVPR 2024). The denominator makes the distance independent of the features' magnitude; it is 1 when
 * f(images) = 0.
 * @param images [N, 3, H, W] in [0, 1], of the size of `clean`
 * @returns a scalar
 */
export function featureDistance(
  { b, clean }: Pick<ObjectiveContext, "b" | "clean">,
  recognizer: FrozenRecognizer,
  images: string,
): string {
  const target = recognizer.features(clean);
  const features = recognizer.features(images);
  return meanOf(
    b,
    features.map((feature, i) => relativeSquaredError(b, feature, target[i] as string)),
  );
}
