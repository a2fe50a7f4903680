import { featureDistance } from "./feature-distance.js";
import type { Objective } from "./objective.js";
import { imagePlus, overRecognizers } from "./weighted-sums.js";

/** L(P(x), y) + λ · the distance of the values inside R, of P(x) and y (`featureDistance`). No labels. */
export const feature: Objective = {
  name: "feature",
  summary: "image loss + lambda * relative squared distance of values inside R, of P(x) and y: without labels",
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
