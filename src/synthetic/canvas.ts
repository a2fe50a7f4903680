import type { Image } from "../images/image.js";
import { toByte } from "../images/planar.js";
import type { Random } from "../random.js";

/* What pictures are drawn with. Nothing here but +, -, *, /, and the square root, which round alike on every machine. */

/** RGB, each from 0 to 1. */
export type Color = readonly [number, number, number];

/** A square picture under work: RGB from 0 to 1, interleaved. */
export interface Canvas {
  readonly size: number;
  readonly data: Float32Array;
}

/** How much of what lies below a color hides at a place, from 0 to 1; in pixels from the upper left corner. */
export type Cover = (x: number, y: number) => number;

/** The cosine and the sine of an angle. */
export type Direction = readonly [cos: number, sin: number];

/** A shading of the whole picture, and the grain of its sensor. */
export interface Light {
  /** Change of the brightness, as a share, for each pixel to the right and down. */
  readonly slopeX: number;
  readonly slopeY: number;
  /** The largest deviation of a pixel from 0 to 1. */
  readonly noise: number;
}

export const newCanvas = (size: number): Canvas => ({ size, data: new Float32Array(size * size * 3) });

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

/** The distance from (0, 0); Math.hypot gives the same, ten times as slowly. */
export const length = (x: number, y: number): number => Math.sqrt(x * x + y * y);

export const anyColor = (random: Random): Color => [random.uniform(), random.uniform(), random.uniform()];

/** A color whose channels lie within 0.35 above `light`. */
export const colorAbove = (light: number, random: Random): Color => {
  const [red, green, blue] = anyColor(random);
  return [light + 0.35 * red, light + 0.35 * green, light + 0.35 * blue];
};

/** A place's coordinates about another origin, turned. */
export const turned =
  (cover: Cover, originX: number, originY: number, [cos, sin]: Direction): Cover =>
  (x, y) =>
    cover((x - originX) * cos + (y - originY) * sin, (y - originY) * cos - (x - originX) * sin);

/** The picture in this light, with one grain for the three channels of a pixel, in 8 bits. */
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
