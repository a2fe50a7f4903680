import { z } from "zod";
import type { Image } from "../../images/image.js";
import { perValue } from "../../images/planar.js";
import type { Random } from "../../random.js";
import { draw, range } from "../range.js";
import { defineTask } from "../task.js";

/** Adds Gaussian noise of standard deviation `sigma` (image range [0, 1]) to every value. Results are clamped. */
export const withGaussianNoise = (clean: Image, sigma: number, random: Random): Image =>
  perValue(clean, (value) => value + sigma * random.normal());

/** Gaussian noise, rounded to 8 bits as in an image file. Reference: Liu et al., sec. 4: sigma 0.1. */
export const denoise = defineTask({
  name: "denoise",
  options: z.object({
    sigma: range({ min: 0, max: 1 })
      .default(0.1)
      .describe("standard deviation of the noise for images in [0, 1]; or a range lo..hi"),
  }),
  scale: 1,
  degrade: (clean, { sigma }, random) => withGaussianNoise(clean, draw(sigma, random), random),
});
