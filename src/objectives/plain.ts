import { meanSquaredError } from "./losses.js";
import type { Objective } from "./objective.js";

/** MSE(P(x), y): how processors are trained everywhere. */
export const plain: Objective = {
  name: "plain",
  summary: "the image loss alone: MSE(P(x), y)",
  needsRecognizer: false,
  needsLabels: false,
  defaultLambda: 0,
  losses({ b, restored, clean }) {
    const image = meanSquaredError(b, restored, clean);
    return { total: image, parts: { image } };
  },
};
