import { featureDistance } from "./feature-distance.js";
import type { Objective } from "./objective.js";
import { imagePlus, overRecognizers } from "./weighted-sums.js";

/** L(P(x), y) + λ · `featureDistance` between R's features of P(x) and of y. Needs no labels. */
export const feature: Objective = {
  name: "feature",
  summary: "image loss + lambda * relative squared distance between R's features of P(x) and of y; no labels",
  reads: "features",
  needsLabels: false,
  transforms: false,
  defaultLambda: 1e-2,
  losses(context) {
    const recognition = overRecognizers(context, (recognizer) =>
      featureDistance(context, recognizer, context.restored),
    );
    return imagePlus(context, recognition);
  },
};
