import type { Lowering } from "./lowering.js";
import { rewrite } from "./rewrite.js";

/**
 * PRelu(x) = x + (s - 1)·min(x, 0): the runtime's own operator takes one value at a time. The gradient to the slope reads
 * the same minimum, which the runtime then computes once.
 */
export const prelu: Lowering = {
  name: "prelu",
  summary: "PRelu as a sum of x and min(x, 0)",
  stage: "step",
  apply: (graph) =>
    rewrite(graph, ({ op, inputs, outputs }, b) => {
      if (op !== "PRelu") return false;
      const [x = "", slope = ""] = inputs;
      b.add("Add", [x, b.Mul(b.add("Min", [x, b.zero]), b.Sub(slope, b.one))], {}, outputs[0]);
      return true;
    }),
};
