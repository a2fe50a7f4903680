import type { Objective } from "./objective.js";
import { labelLoss } from "./recognition-loss.js";
import { imagePlus } from "./weighted-sums.js";

/** L(P(x), y) + λ·CE(R(P(x)), t): recognition-aware training (Liu et al., sec. 3.1, eq. 3). */
export const ra: Objective = {
  name: "ra",
  summary: "recognition-aware: image loss + lambda * cross-entropy(R(P(x)), label)",
  reads: "scores",
  needsLabels: true,
  transforms: false,
  defaultLambda: 1e-3,
  losses: (context) => imagePlus(context, labelLoss(context, context.restored)),
};
