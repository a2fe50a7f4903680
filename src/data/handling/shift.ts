import { nearest } from "../../images/filter.js";
import type { Image } from "../../images/image.js";
import { imageOf, planesOf } from "../../images/planar.js";
import { warp } from "../../images/warp.js";

/**
 * The image moved to the right and down by a number of pixels, bilinear between whole pixels. The size stays; the edge pixels at
 * the left and at the top are repeated.
 */
export const shifted = (image: Image, pixels: number): Image =>
  imageOf(
    warp(
      planesOf(image),
      (x) => x - pixels,
      (_, y) => y - pixels,
      nearest,
    ),
  );
