import { meanOf } from "./losses.js";
import type { Objective } from "./objective.js";
import { recognitionLoss } from "./recognition-loss.js";
import { imagePlus } from "./weighted-sums.js";

/**
 * L(P(x), y) + λ·D(R(P(x)), R(y)): R's output for the original is the target, so no labels are needed (Liu et al.). Of several
 * raw heads of a detector, D is the mean of their distances.
 */
export const unsupervised: Objective = {
  name: "unsupervised",
  summary: "image loss + lambda * distance(R(P(x)), R(y)); no labels",
  reads: "output",
  needsLabels: false,
  transforms: false,
  defaultLambda: null,
  losses(context) {
    const { b, restored, clean, distance } = context;
    const recognition = recognitionLoss(context, restored, ({ outputs }) => {
      const [found, targets] = [outputs(restored), outputs(clean)];
      return meanOf(
        b,
        found.map((output, i) => distance.between(b, output, targets[i] as string)),
      );
    });
    return imagePlus(context, recognition);
  },
};
