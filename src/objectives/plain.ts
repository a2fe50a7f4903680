import type { Objective } from "./objective.js";

/** L(P(x), y): conventional training without a recognizer. */
export const plain: Objective = {
  name: "plain",
  summary: "image loss only",
  reads: null,
  needsLabels: false,
  transforms: false,
  defaultLambda: 0,
  losses: ({ image }) => ({ processor: image, parts: { image } }),
};
