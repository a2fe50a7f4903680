import { z } from "zod";
import type { Image } from "../../images/image.js";
import { perValue } from "../../images/planar.js";
import type { Random } from "../../random.js";
import { draw, range } from "../range.js";
import { defineTask } from "../task.js";

/** The picture with independent normal noise of deviation `sigma` on every value, in units of [0, 1]; clamped. */
export const withGaussianNoise = (clean: Image, sigma: number, random: Random): Image =>
  perValue(clean, (value) => value + sigma * random.normal());

/** Gaussian noise, rounded to the 8 bits of a picture file. Reference: Liu et al., sec. 4: sigma 0.1. */
export const denoise = defineTask({
  name: "denoise",
  options: z.object({
    sigma: range({ min: 0, max: 1 }).default(0.1).describe("deviation of the noise, white being 1; or lo..hi"),
  }),
  scale: 1,
  degrade: (clean, { sigma }, random) => withGaussianNoise(clean, draw(sigma, random), random),
});
