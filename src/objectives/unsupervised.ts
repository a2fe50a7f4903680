import { imagePlus, overRecognizers } from "./losses.js";
import type { Objective } from "./objective.js";

/** L(P(x), y) + λ·D(R(P(x)), R(y)): R's own reading of the original is the aim, so no label is needed (Liu et al.). */
export const unsupervised: Objective = {
  name: "unsupervised",
  summary: "image loss + lambda * distance(R(P(x)), R(y)): without labels",
  reads: "output",
  needsLabels: false,
  transforms: false,
  defaultLambda: null,
  losses(context) {
    const { b, restored, clean, distance } = context;
    const recognition = overRecognizers(context, ({ see }) =>
      distance.between(b, see(restored)[0] as string, see(clean)[0] as string),
    );
    return imagePlus(context, recognition);
  },
};
