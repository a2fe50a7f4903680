import type { Image } from "./image.js";
import { type Region, resize, resizeRegion } from "./resize.js";

/**
 * The rectangle of `width` x `height` pixels whose upper left corner is (left, top).
 * @throws RangeError when it does not lie inside the picture.
 */
export function crop(image: Image, left: number, top: number, width: number, height: number): Image {
  if (left < 0 || top < 0 || left + width > image.width || top + height > image.height)
    throw new RangeError(`no ${width}x${height} at (${left}, ${top}) in a picture of ${image.width}x${image.height}`);
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    const begin = ((top + y) * image.width + left) * 3;
    data.set(image.data.subarray(begin, begin + width * 3), y * width * 3);
  }
  return { width, height, data };
}

/**
 * The middle of the picture. An odd rest is split as torchvision's CenterCrop does it: half of it, rounded to even.
 * @throws RangeError when the picture is smaller.
 */
export function centerCrop(image: Image, width: number, height: number): Image {
  const { left, top } = middleOf(image, width, height);
  return crop(image, left, top, width, height);
}

const middleOf = (image: Size, width: number, height: number): Region => ({
  left: halfToEven(image.width - width),
  top: halfToEven(image.height - height),
  width,
  height,
});

/** n / 2 for a whole n; of the two whole numbers beside a half, the even one. */
const halfToEven = (n: number): number => (n >> 1) + ((n & 3) === 3 ? 1 : 0);

/** The picture as a mirror shows it: left and right exchanged. */
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

interface Size {
  readonly width: number;
  readonly height: number;
}

/** The size with its shorter side reduced to `size`, the longer truncated; a smaller one stays as it is. */
export function shrunkSize({ width, height }: Size, size: number): Size {
  const shorter = Math.min(width, height);
  if (shorter <= size) return { width, height };
  const scaled = (side: number): number => Math.trunc((size * side) / shorter);
  return { width: scaled(width), height: scaled(height) };
}

/** Shrinks (bicubic) so that the shorter side is `size`, the longer truncated; a smaller picture stays as it is. */
export function shrinkShorterSide(image: Image, size: number): Image {
  const { width, height } = shrunkSize(image, size);
  return resize(image, width, height, "bicubic");
}

/** The middle of what `shrinkShorterSide` gives, without the work for the rest: a square of `side` pixels. */
export function shrunkCenter(image: Image, size: number, side: number): Image {
  const { width, height } = shrunkSize(image, size);
  if (width === image.width && height === image.height) return centerCrop(image, side, side);
  return resizeRegion(image, width, height, "bicubic", middleOf({ width, height }, side, side));
}
