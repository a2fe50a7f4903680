import { z } from "zod";
import { drawInteger, range } from "../range.js";
import { defineTask } from "../task.js";
import { blurs } from "./corruptions/blur.js";
import { digital } from "./corruptions/digital.js";
import { noises } from "./corruptions/noise.js";
import { weather } from "./corruptions/weather.js";

/** By name, in the order of figure 1 of the paper. Frost is not included because it needs photographs of frost. */
const corruptions = { ...noises, ...blurs, ...weather, ...digital };
const names = Object.keys(corruptions) as (keyof typeof corruptions)[];

/**
 * The corruptions of ImageNet-C (Hendrycks & Dietterich, Benchmarking Neural Network Robustness to Common Corruptions and
 * Perturbations, ICLR 2019). The published parameters for images of 224 x 224 pixels are used at every size. Results are
 * rounded to 8 bits; the reference truncates them.
 */
export const corruption = defineTask({
  name: "corruption",
  options: z.object({
    kind: z
      .enum(names)
      .default("gaussian-noise")
      .describe(`kind of corruption: ${names.join(", ")}`),
    severity: range({ min: 1, max: 5, integer: true }).default(3).describe("severity, 1 to 5; or a range lo..hi"),
  }),
  scale: 1,
  degrade: (clean, { kind, severity }, random) => corruptions[kind](clean, drawInteger(severity, random), random),
});
