import { meanSquaredError } from "./losses.js";
import type { Objective } from "./objective.js";
import { labelLoss } from "./recognition-loss.js";

/**
 * P minimizes L(P(x), y) alone, as in plain training. A second processor T between P and R minimizes
 * λ·CE(R(T(P(x))), t) alone: viewers see P(x), recognizers process T(P(x)) (Liu et al.). With `transformerWeight` w, T also
 * minimizes w·mean((T(P(x)) - P(x))²), which Liu et al. do not have: T then changes the image less, and less of what it
 * changes is for R alone. Each loss is differentiated only with respect to its own network's weights, so R does not affect P.
 */
export const transformer: Objective = {
  name: "transformer",
  summary: "P: image loss only; T, between P and R: lambda * cross-entropy(R(T(P(x))), label)",
  reads: "scores",
  needsLabels: true,
  transforms: true,
  defaultLambda: 1e-2,
  losses(context) {
    const { b, image, restored, lambda, transform, transformerWeight } = context;
    const transformed = transform(restored);
    const recognition = labelLoss(context, transformed);
    const weighted = b.Mul(lambda(), recognition);
    const parts = { image, recognition };
    if (transformerWeight === 0) return { processor: image, transformer: weighted, parts };
    const change = meanSquaredError(b, transformed, restored);
    const transformer = b.Add(weighted, b.Mul(b.scalar(transformerWeight), change));
    return { processor: image, transformer, parts: { ...parts, change } };
  },
};
