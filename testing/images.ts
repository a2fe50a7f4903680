import type { Image } from "../src/images/image.js";

/** A test image that is easy to reproduce in NumPy: pixel (x, y) is (15x + 9y, 7xy, 255 - 4x - 2y), modulo 256. */
export function formulaImage(width: number, height: number): Image {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0, i = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (const value of [15 * x + 9 * y, 7 * x * y, 255 - 4 * x - 2 * y]) data[i++] = value & 255;
  return { width, height, data };
}

/** An image of one gray value. */
export const flatImage = (width: number, height: number, value: number): Image => ({
  width,
  height,
  data: new Uint8Array(width * height * 3).fill(value),
});

/** The red, green and blue values of a pixel. */
export const pixelAt = ({ width, data }: Image, x: number, y: number): number[] => [
  ...data.subarray((y * width + x) * 3, (y * width + x) * 3 + 3),
];

/** The sum of each channel. */
export const channelSums = ({ data }: Image): number[] =>
  [0, 1, 2].map((channel) => data.reduce((sum, value, i) => (i % 3 === channel ? sum + value : sum), 0));
