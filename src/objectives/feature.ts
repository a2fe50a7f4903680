import type { GraphBuilder } from "../graph/builder.js";
import { imagePlus, meanSquaredError, overRecognizers } from "./losses.js";
import type { Objective } from "./objective.js";

/** Keeps the distance finite where a value is 0 everywhere for y. */
const EPSILON = 1e-8;

/**
 * L(P(x), y) + λ · mean over the values f inside R of mean((f(P(x)) - f(y))²) / mean(f(y)²): task-driven perceptual loss
 * after SR4IR (Kim et al., CVPR 2024). The denominator makes layers of any magnitude count alike: 1 is how far away f = 0 is.
 * No labels.
 */
export const feature: Objective = {
  name: "feature",
  summary: "image loss + lambda * relative squared distance of values inside R, of P(x) and y: without labels",
  reads: "features",
  needsLabels: false,
  transforms: false,
  defaultLambda: 1e-2,
  losses(context) {
    const { b, restored, clean } = context;
    const recognition = overRecognizers(context, ({ see }) => {
      const wanted = see(clean);
      const distances = see(restored).map((seen, i) => relativeError(b, seen, wanted[i] as string));
      return distances.length === 1 ? (distances[0] as string) : b.add("Mean", distances);
    });
    return imagePlus(context, recognition);
  },
};

function relativeError(b: GraphBuilder, seen: string, wanted: string): string {
  const size = b.ReduceMean(b.Mul(wanted, wanted), undefined, false);
  return b.Div(meanSquaredError(b, seen, wanted), b.Add(size, b.scalar(EPSILON)));
}
