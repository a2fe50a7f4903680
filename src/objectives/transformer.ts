import type { Objective } from "./objective.js";
import { labelLoss } from "./recognition-loss.js";

/**
 * P minimizes L(P(x), y) alone, as in plain training. A second processor T between P and R minimizes
 * λ·CE(R(T(P(x))), t) alone: viewers see P(x), recognizers process T(P(x)) (Liu et al.). Each loss is differentiated only
 * with respect to its own network's weights, so R does not affect P.
 */
export const transformer: Objective = {
  name: "transformer",
  summary: "P: image loss only; T, between P and R: lambda * cross-entropy(R(T(P(x))), label)",
  reads: "scores",
  needsLabels: true,
  transforms: true,
  defaultLambda: 1e-2,
  losses(context) {
    const { b, image, restored, lambda, transform } = context;
    const recognition = labelLoss(context, transform(restored));
    return { processor: image, transformer: b.Mul(lambda(), recognition), parts: { image, recognition } };
  },
};
