import type { Image } from "../images/image.js";
import { toByte } from "../images/planar.js";
import type { Random } from "../random.js";

/* Painting. Uses only +, -, *, / and the square root, which every machine rounds alike. */

/** RGB in [0, 1]. */
export type Color = readonly [number, number, number];

/** A square image being painted: RGB in [0, 1], interleaved, rows from the top. */
export interface Canvas {
  readonly size: number;
  readonly data: Float32Array;
}

/** The opacity of a paint at a point, 0 to 1. Coordinates are pixels from the upper left corner. */
export type Cover = (x: number, y: number) => number;

/** The cosine and the sine of an angle. */
export type Direction = readonly [cos: number, sin: number];

/** A linear shading of the whole image, and sensor noise. */
export interface Light {
  /** Relative change of brightness per pixel to the right and down. */
  readonly slopeX: number;
  readonly slopeY: number;
  /** The largest deviation of a pixel, in the unit of [0, 1]. */
  readonly noise: number;
}

export const newCanvas = (size: number): Canvas => ({ size, data: new Float32Array(size * size * 3) });

/** Blends a color over the canvas with the opacity of `cover`. */
export function paint({ size, data }: Canvas, [red, green, blue]: Color, cover: Cover): void {
  for (let y = 0, at = 0; y < size; y++)
    for (let x = 0; x < size; x++, at += 3) {
      const share = cover(x + 0.5, y + 0.5);
      if (share === 0) continue;
      data[at] = (data[at] as number) * (1 - share) + red * share;
      data[at + 1] = (data[at + 1] as number) * (1 - share) + green * share;
      data[at + 2] = (data[at + 2] as number) * (1 - share) + blue * share;
    }
}

/** The distance from (0, 0). Equal to Math.hypot up to rounding, and ten times as fast. */
export const length = (x: number, y: number): number => Math.sqrt(x * x + y * y);

/** Uniform in the RGB cube. */
export const randomColor = (random: Random): Color => [random.uniform(), random.uniform(), random.uniform()];

/** A color whose channels are uniform in [light, light + 0.35]. */
export const colorAbove = (light: number, random: Random): Color => {
  const [red, green, blue] = randomColor(random);
  return [light + 0.35 * red, light + 0.35 * green, light + 0.35 * blue];
};

/** A cover about (0, 0), moved to an origin and rotated. */
export const placed =
  (cover: Cover, originX: number, originY: number, [cos, sin]: Direction): Cover =>
  (x, y) =>
    cover((x - originX) * cos + (y - originY) * sin, (y - originY) * cos - (x - originX) * sin);

/** The 8-bit image of a canvas under a light. The three channels of a pixel share their noise. */
export function develop({ size, data }: Canvas, { slopeX, slopeY, noise }: Light, random: Random): Image {
  const bytes = new Uint8Array(data.length);
  for (let y = 0, at = 0; y < size; y++)
    for (let x = 0; x < size; x++) {
      const light = 1 + slopeX * (x - size / 2) + slopeY * (y - size / 2);
      const grain = noise * (2 * random.uniform() - 1);
      for (let channel = 0; channel < 3; channel++, at++) bytes[at] = toByte((data[at] as number) * light + grain);
    }
  return { width: size, height: size, data: bytes };
}
