import { crossEntropy, meanSquaredError } from "./losses.js";
import type { Objective } from "./objective.js";

/** MSE(P(x), y) + λ·CE(R(P(x)), t): recognition-aware processing (Liu et al., sec. 3.1, eq. 3). */
export const ra: Objective = {
  name: "ra",
  summary: "recognition-aware: MSE(P(x), y) + lambda * cross-entropy(R(P(x)), label)",
  needsRecognizer: true,
  needsLabels: true,
  defaultLambda: 1e-3,
  losses({ b, restored, clean, labels, recognize, classes, lambda }) {
    const image = meanSquaredError(b, restored, clean);
    const recognition = crossEntropy(b, recognize(restored), labels(), classes);
    return { total: b.Add(image, b.Mul(b.scalar(lambda), recognition)), parts: { image, recognition } };
  },
};
