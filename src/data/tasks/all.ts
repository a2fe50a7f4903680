import { z } from "zod";
import { gaussianBlur } from "../../images/filter.js";
import type { Image } from "../../images/image.js";
import { imageOf, perValue, planesOf } from "../../images/planar.js";
import { type Filter, resize } from "../../images/resize.js";
import { type Random, randomAt } from "../../random.js";
import { draw, drawInteger, range } from "../range.js";
import { defineTask } from "../task.js";
import { withGaussianNoise } from "./denoise.js";
import { throughJpeg } from "./jpeg.js";

const filters = ["bicubic", "bilinear", "box"] as const satisfies readonly Filter[];

const RATIO = "must be a number from 0 to 1";

const probability = (fallback: number, what: string) =>
  z.number(RATIO).min(0, RATIO).max(1, RATIO).default(fallback).describe(`probability that ${what}, 0 to 1`);

/**
 * A random mixture of the degradations of real images, in the order of Real-ESRGAN's first stage (Wang et al. 2021, sec. 3):
 * Gaussian blur, downscaling, Gaussian noise, JPEG. Each but downscaling is applied with a probability of its own, so clean
 * images occur too. The default ranges are milder than those of BSRGAN (Zhang et al. 2021) and Real-ESRGAN, so that a small
 * network can invert them. The random numbers of a stage do not depend on the options of the others.
 */
export const all = defineTask({
  name: "all",
  options: z.object({
    scale: z.literal([1, 2, 4]).default(1).describe("upscaling factor: 1, 2 or 4"),
    blur: range({ min: 0.1, max: 5 })
      .default([0.2, 1.5])
      .describe("standard deviation of the Gaussian blur, in pixels of the clean image; or a range lo..hi"),
    blurProbability: probability(0.7, "the image is blurred"),
    filter: z
      .enum(["random", ...filters])
      .default("random")
      .describe(`filter of the downscaling: ${filters.join(", ")} or random`),
    noise: range({ min: 0, max: 1 })
      .default([0.005, 0.06])
      .describe("standard deviation of the noise for images in [0, 1]; or a range lo..hi"),
    noiseProbability: probability(0.5, "noise is added"),
    grayProbability: probability(0.4, "the noise is gray, that is, equal in all channels"),
    quality: range({ min: 1, max: 100, integer: true })
      .default([30, 95])
      .describe("JPEG quality, 1 to 100; or a range lo..hi"),
    jpegProbability: probability(0.7, "the image is saved as JPEG"),
  }),
  scale: ({ scale }) => scale,
  idle: ({ scale, blurProbability, noiseProbability, jpegProbability }) => [
    ...(scale === 1 ? (["filter"] as const) : []),
    ...(blurProbability === 0 ? (["blur"] as const) : []),
    ...(noiseProbability === 0 ? (["noise", "grayProbability"] as const) : []),
    ...(jpegProbability === 0 ? (["quality"] as const) : []),
  ],
  async degrade(clean, options, random) {
    const { scale, blur, filter, noise, quality } = options;
    const stream = streamsOf(random);
    const happens = (decision: Decision, probability: number): boolean => stream(decision).uniform() < probability;
    let image = clean;
    if (happens("whether to blur", options.blurProbability))
      image = imageOf(gaussianBlur(planesOf(image), draw(blur, stream("blur"))));
    if (scale > 1) {
      const chosen = filter === "random" ? (filters[stream("filter").integer(filters.length)] as Filter) : filter;
      image = resize(image, image.width / scale, image.height / scale, chosen);
    }
    if (happens("whether to add noise", options.noiseProbability)) {
      const added = happens("whether noise is gray", options.grayProbability) ? withGrayNoise : withGaussianNoise;
      image = added(image, draw(noise, stream("noise")), stream("noise values"));
    }
    if (!happens("whether to encode", options.jpegProbability)) return image;
    return throughJpeg(image, drawInteger(quality, stream("quality")));
  },
});

/** Everything random about an image. Each has random numbers of its own; a new one is added at the end. */
const decisions = [
  "whether to blur",
  "blur",
  "filter",
  "whether to add noise",
  "whether noise is gray",
  "noise",
  "noise values",
  "whether to encode",
  "quality",
] as const;

type Decision = (typeof decisions)[number];

/** The random numbers of each decision, which depend only on the first number of `random`. */
function streamsOf(random: Random): (decision: Decision) => Random {
  const seed = Math.floor(random.uniform() * 2 ** 53);
  return (decision) => randomAt(seed, decisions.indexOf(decision));
}

/** Adds Gaussian noise of standard deviation `sigma` (image range [0, 1]), equal in the three channels of a pixel. */
function withGrayNoise(image: Image, sigma: number, random: Random): Image {
  let noise = 0;
  let channel = 0;
  return perValue(image, (value) => {
    if (channel === 0) noise = sigma * random.normal();
    channel = (channel + 1) % 3;
    return value + noise;
  });
}
