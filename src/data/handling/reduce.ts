import type { Image } from "../../images/image.js";
import { resize } from "../../images/resize.js";

/** The image resized by a factor and back to its size, with Pillow's bicubic filter and 8 bits in between. */
export function reducedAndEnlarged(image: Image, factor: number): Image {
  const { width, height } = image;
  const sideOf = (side: number) => Math.max(1, Math.round(factor * side));
  return resize(resize(image, sideOf(width), sideOf(height), "bicubic"), width, height, "bicubic");
}
