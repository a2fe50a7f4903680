import type { Image } from "./image.js";
import { type Region, resize, resizeRegion } from "./resize.js";

/**
 * The rectangle of `width` x `height` pixels whose top left corner is (left, top).
 * @throws RangeError when the rectangle does not lie inside the image.
 */
export function crop(image: Image, left: number, top: number, width: number, height: number): Image {
  if (left < 0 || top < 0 || left + width > image.width || top + height > image.height)
    throw new RangeError(
      `cannot crop ${width}x${height} pixels at (${left}, ${top}) from an image of ${image.width}x${image.height}`,
    );
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    const start = ((top + y) * image.width + left) * 3;
    data.set(image.data.subarray(start, start + width * 3), y * width * 3);
  }
  return { width, height, data };
}

/**
 * Center crop. Half-pixel offsets are rounded to even, as in torchvision's CenterCrop.
 * @throws RangeError when the image is smaller than the crop.
 */
export function centerCrop(image: Image, width: number, height: number): Image {
  const { left, top } = centerOf(image, width, height);
  return crop(image, left, top, width, height);
}

/** The rectangle of `centerCrop`. */
export const centerOf = (image: Size, width: number, height: number): Region => ({
  left: halfToEven(image.width - width),
  top: halfToEven(image.height - height),
  width,
  height,
});

/** n / 2 for an integer n, rounded half to even. */
const halfToEven = (n: number): number => (n >> 1) + ((n & 3) === 3 ? 1 : 0);

/** Mirrors the image horizontally. */
export function flipHorizontal({ width, height, data }: Image): Image {
  const flipped = new Uint8Array(data.length);
  for (let y = 0, to = 0; y < height; y++)
    for (let from = ((y + 1) * width - 1) * 3; to < (y + 1) * width * 3; from -= 3) {
      flipped[to++] = data[from] as number;
      flipped[to++] = data[from + 1] as number;
      flipped[to++] = data[from + 2] as number;
    }
  return { width, height, data: flipped };
}

/** Width and height in pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** The size after `shrinkShorterSide`. */
export function shrunkSize({ width, height }: Size, size: number): Size {
  const shorter = Math.min(width, height);
  if (shorter <= size) return { width, height };
  const scaled = (side: number): number => Math.trunc((size * side) / shorter);
  return { width: scaled(width), height: scaled(height) };
}

/** Shrinks (bicubic) so that the shorter side is `size`; the longer side is truncated. Smaller images are unchanged. */
export function shrinkShorterSide(image: Image, size: number): Image {
  const { width, height } = shrunkSize(image, size);
  return resize(image, width, height, "bicubic");
}

/** The center crop, `side` x `side`, of `shrinkShorterSide(image, size)`. Only the cropped pixels are computed. */
export function shrunkCenter(image: Image, size: number, side: number): Image {
  const { width, height } = shrunkSize(image, size);
  if (width === image.width && height === image.height) return centerCrop(image, side, side);
  return resizeRegion(image, width, height, "bicubic", centerOf({ width, height }, side, side));
}
