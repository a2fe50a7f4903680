import type { Image } from "../../images/image.js";
import { resize } from "../../images/resize.js";

/** The side of an image, in pixels, that is reduced by a factor. */
export const reducedSide = (side: number, factor: number): number => Math.max(1, Math.round(factor * side));

/** The image resized by a factor and back to its size, with Pillow's bicubic filter and 8 bits in between. */
export function reducedAndEnlarged(image: Image, factor: number): Image {
  const { width, height } = image;
  const reduced = resize(image, reducedSide(width, factor), reducedSide(height, factor), "bicubic");
  return resize(reduced, width, height, "bicubic");
}
