import { z } from "zod";
import { drawWhole, range } from "../range.js";
import { defineTask } from "../task.js";
import { blurs } from "./corruptions/blur.js";
import { digital } from "./corruptions/digital.js";
import { noises } from "./corruptions/noise.js";
import { weather } from "./corruptions/weather.js";

/** By name, in the order of the paper's figure 1. Its frost is left out: it is made of photographs of frost. */
const corruptions = { ...noises, ...blurs, ...weather, ...digital };
const names = Object.keys(corruptions) as (keyof typeof corruptions)[];

/**
 * The corruptions of ImageNet-C to be undone: Hendrycks & Dietterich, Benchmarking Neural Network Robustness to Common
 * Corruptions and Perturbations, ICLR 2019, with the parameters that they published for pictures of 224 x 224 pixels,
 * whatever the size. Results are rounded to 8 bits where theirs are truncated.
 */
export const corruption = defineTask({
  name: "corruption",
  options: z.object({
    kind: z.enum(names).default("gaussian-noise").describe(names.join(", ")),
    severity: range({ min: 1, max: 5, whole: true }).default(3).describe("1 to 5; or lo..hi"),
  }),
  scale: 1,
  degrade: (clean, { kind, severity }, random) => corruptions[kind](clean, drawWhole(severity, random), random),
});
