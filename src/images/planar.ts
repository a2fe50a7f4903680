import type { Image } from "./image.js";

/** Writes the image to `out` as floats [3, height, width] in [0, 1], starting at `offset`. */
export function toPlanar({ width, height, data }: Image, out: Float32Array, offset: number): void {
  const area = width * height;
  for (let pixel = 0, from = 0; pixel < area; pixel++, from += 3) {
    out[offset + pixel] = (data[from] as number) / 255;
    out[offset + area + pixel] = (data[from + 1] as number) / 255;
    out[offset + 2 * area + pixel] = (data[from + 2] as number) / 255;
  }
}

/** Reads an image from floats [3, height, width] at `offset` in `data`. Values are clamped to [0, 1] and rounded half up. */
export function fromPlanar(data: Float32Array, offset: number, width: number, height: number): Image {
  const area = width * height;
  const result = new Uint8Array(area * 3);
  for (let pixel = 0, to = 0; pixel < area; pixel++, to += 3) {
    result[to] = toByte(data[offset + pixel] as number);
    result[to + 1] = toByte(data[offset + area + pixel] as number);
    result[to + 2] = toByte(data[offset + 2 * area + pixel] as number);
  }
  return { width, height, data: result };
}

/** Float planes of any number of channels in row-major order: data[(channel * height + y) * width + x]. */
export interface Planes {
  readonly width: number;
  readonly height: number;
  readonly data: Float32Array;
}

/** Converts an image to planes of floats in [0, 1]. */
export function planesOf(image: Image): Planes {
  const data = new Float32Array(image.data.length);
  toPlanar(image, data, 0);
  return { width: image.width, height: image.height, data };
}

/** Converts three planes to an image. Values are clamped to [0, 1] and rounded half up. */
export const imageOf = ({ width, height, data }: Planes): Image => fromPlanar(data, 0, width, height);

/** Clamps a value to [0, 1]. */
export const clamp01 = (value: number): number => Math.min(Math.max(value, 0), 1);

/** Maps [0, 1] to 0..255, clamped and rounded half up. */
export const toByte = (value: number): number => Math.floor(clamp01(value) * 255 + 0.5);

/** Applies `change` to each value, scaled to [0, 1]. Results are clamped to [0, 1] and rounded. */
export const perValue = (image: Image, change: (value: number) => number): Image => ({
  ...image,
  data: image.data.map((byte) => toByte(change(byte / 255))),
});

/** Converts planar bytes [3, height, width] (red, green, blue) to an image. */
export function fromPlanes(planes: Uint8Array, width: number, height: number): Image {
  const area = width * height;
  const data = new Uint8Array(area * 3);
  for (let pixel = 0, to = 0; pixel < area; pixel++, to += 3) {
    data[to] = planes[pixel] as number;
    data[to + 1] = planes[area + pixel] as number;
    data[to + 2] = planes[2 * area + pixel] as number;
  }
  return { width, height, data };
}
