import { gaussianBlur } from "../../images/filter.js";
import type { Image } from "../../images/image.js";
import { imageOf, planesOf } from "../../images/planar.js";
import type { Random } from "../../random.js";
import { draw, drawInteger, type Range } from "../range.js";
import { withGaussianNoise } from "../tasks/denoise.js";
import { throughJpeg } from "../tasks/jpeg.js";
import type { Handling, HandlingKind } from "./handling.js";
import { reducedAndEnlarged } from "./reduce.js";
import { shifted } from "./shift.js";

type Apply = (image: Image, value: Range, random: Random) => Image | Promise<Image>;

const appliers: Readonly<Record<HandlingKind, Apply>> = {
  jpeg: (image, quality, random) => throughJpeg(image, drawInteger(quality, random)),
  resize: (image, factor, random) => reducedAndEnlarged(image, draw(factor, random)),
  shift: (image, pixels, random) => shifted(image, draw(pixels, random)),
  blur: (image, sigma, random) => blurred(image, draw(sigma, random)),
  noise: (image, sigma, random) => withGaussianNoise(image, draw(sigma, random), random),
};

/** Gaussian blur with repeated edge pixels, cut off at four standard deviations, as SciPy's mode "nearest". */
const blurred = (image: Image, sigma: number): Image =>
  sigma === 0 ? image : imageOf(gaussianBlur(planesOf(image), sigma));

/**
 * The image after a handling; its size stays. Results are 8-bit, as in an image file.
 * @param random samples a value that is a range, and the noise.
 */
export const applyHandling = async (image: Image, { kind, value }: Handling, random: Random): Promise<Image> =>
  appliers[kind](image, value, random);

/** The image after several handlings, one after the other. */
export async function applyHandlings(image: Image, handlings: readonly Handling[], random: Random): Promise<Image> {
  let handled = image;
  for (const handling of handlings) handled = await applyHandling(handled, handling, random);
  return handled;
}
