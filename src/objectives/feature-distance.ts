import type { GraphBuilder } from "../onnx/builder.js";
import { meanSquaredError } from "./losses.js";
import type { FrozenRecognizer, ObjectiveContext } from "./objective.js";

/** Keeps the distance finite when a feature map of y is 0 everywhere. */
const EPSILON = 1e-8;

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
  const distances = recognizer.features(images).map((feature, i) => relativeError(b, feature, target[i] as string));
  return distances.length === 1 ? (distances[0] as string) : b.add("Mean", distances);
}

function relativeError(b: GraphBuilder, feature: string, target: string): string {
  const meanSquare = b.ReduceMean(b.Mul(target, target), undefined, false);
  return b.Div(meanSquaredError(b, feature, target), b.Add(meanSquare, b.scalar(EPSILON)));
}
