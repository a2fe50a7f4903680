import type { GraphBuilder } from "../onnx/builder.js";
import { meanSquaredError } from "./losses.js";
import type { FrozenRecognizer, ObjectiveContext } from "./objective.js";

/** Keeps the distance finite where a value is 0 everywhere for y. */
const EPSILON = 1e-8;

/**
 * The mean over the values f inside R of mean((f(images) - f(y))²) / mean(f(y)²): task-driven perceptual loss after SR4IR
 * (Kim et al., CVPR 2024). The denominator makes layers of any magnitude count alike: 1 is how far away f = 0 is.
 */
export function featureDistance(
  { b, clean }: Pick<ObjectiveContext, "b" | "clean">,
  recognizer: FrozenRecognizer,
  images: string,
): string {
  const wanted = recognizer.features(clean);
  const distances = recognizer.features(images).map((seen, i) => relativeError(b, seen, wanted[i] as string));
  return distances.length === 1 ? (distances[0] as string) : b.add("Mean", distances);
}

function relativeError(b: GraphBuilder, seen: string, wanted: string): string {
  const size = b.ReduceMean(b.Mul(wanted, wanted), undefined, false);
  return b.Div(meanSquaredError(b, seen, wanted), b.Add(size, b.scalar(EPSILON)));
}
