import { z } from "zod";
import { crop, type Size } from "../../images/crop.js";
import type { Image } from "../../images/image.js";
import type { Region } from "../../images/resize.js";
import type { Plane } from "../luma.js";
import { BLOCK, blockiness } from "./blockiness.js";
import { blurEffect } from "./blur.js";
import { jpegQuality, NOT_COMPRESSED } from "./jpeg-quality.js";
import { noiseLevel } from "./noise.js";

/** How degraded an image is, estimated from its pixels alone. */
export const Degradation = z.object({
  /** Standard deviation of white noise, for values in [0, 1]; see `noiseLevel`. */
  noise: z.number(),
  /** Quality at which it was saved as JPEG before, 1 to 95; 100 if no quantization is found; see `jpegQuality`. */
  jpeg_quality: z.number(),
  /** Relative steps at the edges of 8 x 8 blocks, about 1 without blocks; see `blockiness`. */
  blockiness: z.number(),
  /** From 0 (sharp) to 1 (no detail); see `blurEffect`. */
  blur: z.number(),
});
export type Degradation = z.output<typeof Degradation>;

/** The estimates of larger images are those of a part in the middle of at most this many pixels a side. */
const LARGEST_SIDE = 1024;

/**
 * Estimates how degraded an image is. No reference is needed. The estimates describe degradations, not the content, but
 * content affects them: fine texture counts as noise in part, and a large smooth subject as blur.
 */
export function degradationOf(image: Image): Degradation {
  const { left, top, width, height } = examinedPart(image);
  const middle = crop(image, left, top, width, height);
  const luma = lumaOf(middle);
  const { strength, ...grid } = blockiness(luma);
  return {
    noise: noiseLevel(middle),
    jpeg_quality: qualityAt(middle, grid),
    blockiness: strength,
    blur: blurEffect(luma),
  };
}

/** Most files begin with a whole block, which is tried first: where the steps are weak, they do not show the grid. */
function qualityAt(image: Image, grid: { readonly left: number; readonly top: number }): number {
  const quality = jpegQuality(image, { left: 0, top: 0 });
  return quality === NOT_COMPRESSED && grid.left + grid.top > 0 ? jpegQuality(image, grid) : quality;
}

/** The part of an image of this size that is examined. It begins with a block of JPEG if the image does. */
export function examinedPart({ width, height }: Size): Region {
  const startOf = (length: number) => BLOCK * Math.floor(Math.max(0, length - LARGEST_SIDE) / 2 / BLOCK);
  return {
    ...{ left: startOf(width), top: startOf(height) },
    ...{ width: Math.min(width, LARGEST_SIDE), height: Math.min(height, LARGEST_SIDE) },
  };
}

/** Luma in levels, 0 to 255, as JPEG files have it (JFIF). */
function lumaOf({ width, height, data }: Image): Plane {
  const values = Float64Array.from(
    { length: width * height },
    (_, i) =>
      0.299 * (data[3 * i] as number) + 0.587 * (data[3 * i + 1] as number) + 0.114 * (data[3 * i + 2] as number),
  );
  return { width, height, data: values };
}
