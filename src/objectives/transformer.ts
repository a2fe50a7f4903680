import type { Objective } from "./objective.js";
import { classLoss } from "./recognition-loss.js";

/**
 * P learns from L(P(x), y) alone, as in plain training. A second processor T stands between P and R and learns from
 * λ·CE(R(T(P(x))), t) alone: people see P(x), recognizers T(P(x)) (Liu et al.). Each loss is differentiated by
 * its own network's weights only, so nothing reaches P from R.
 */
export const transformer: Objective = {
  name: "transformer",
  summary: "P by the image loss alone; T between P and R by lambda * cross-entropy(R(T(P(x))), label)",
  reads: "scores",
  needsLabels: true,
  transforms: true,
  defaultLambda: 1e-2,
  losses(context) {
    const { b, image, restored, lambda, transform } = context;
    const recognition = classLoss(context, transform(restored));
    return { processor: image, transformer: b.Mul(lambda(), recognition), parts: { image, recognition } };
  },
};
