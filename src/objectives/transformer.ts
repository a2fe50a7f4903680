import { meanSquaredError } from "./losses.js";
import type { Objective } from "./objective.js";
import { labelLoss } from "./recognition-loss.js";

/**
 * P minimizes L(P(x), y) alone, as in plain training. A second processor T between P and R minimizes
 * λ·CE(R(T(P(x))), t) alone: viewers see P(x), recognizers process T(P(x)) (Liu et al.). Two further losses of T are ours. With
 * `transformerWeight` w, T also minimizes w·mean((T(P(x)) - P(x))²): it then changes the image less, and less of what it
 * changes is for R alone. With `latticeWeight`, it minimizes the lattice loss between T(P(x)) and y, as P does. Each loss is
 * differentiated only with respect to its own network's weights, so R does not affect P.
 */
export const transformer: Objective = {
  name: "transformer",
  summary: "P: image loss only; T, between P and R: lambda * cross-entropy(R(T(P(x))), label)",
  reads: "scores",
  needsLabels: true,
  transforms: true,
  defaultLambda: 1e-2,
  losses(context) {
    const { b, image, restored, lambda, transform, transformerWeight, latticeWeight } = context;
    const transformed = transform(restored);
    const recognition = labelLoss(context, transformed);
    const change = transformerWeight > 0 ? meanSquaredError(b, transformed, restored) : undefined;
    const pattern = context.lattice(transformed);
    const terms = [b.Mul(lambda(), recognition)];
    if (change) terms.push(b.Mul(b.scalar(transformerWeight), change));
    if (pattern) terms.push(b.Mul(b.scalar(latticeWeight), pattern));
    return {
      processor: image,
      transformer: b.Sum(terms),
      parts: { image, recognition, ...(change && { change }), ...(pattern && { transformerLattice: pattern }) },
    };
  },
};
