import type { Objective } from "./objective.js";

/** L(P(x), y): how processors are trained everywhere. */
export const plain: Objective = {
  name: "plain",
  summary: "the image loss alone",
  reads: null,
  needsLabels: false,
  transforms: false,
  defaultLambda: 0,
  losses: ({ image }) => ({ processor: image, parts: { image } }),
};
