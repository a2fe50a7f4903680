import type { Image } from "./image.js";

/** Factors of brightness, contrast and saturation; 1 leaves the image unchanged. */
export interface ColorFactors {
  readonly brightness: number;
  readonly contrast: number;
  readonly saturation: number;
}

/**
 * Multiplies brightness, then contrast (around the image's mean gray), then saturation (around the gray of each pixel). Each
 * is defined as in Pillow's ImageEnhance; values are rounded only once, at the end.
 */
export function adjustColor({ width, height, data }: Image, factors: ColorFactors): Image {
  const { brightness, contrast, saturation } = factors;
  const bright = Float32Array.from(data, (value) => Math.min(value * brightness, 255));
  let total = 0;
  for (let offset = 0; offset < bright.length; offset += 3) total += gray(bright, offset);
  const mean = total / (width * height);
  for (const [i, value] of bright.entries()) bright[i] = clamped(mean + contrast * (value - mean));
  const result = new Uint8Array(data.length);
  for (let offset = 0; offset < bright.length; offset += 3) {
    const luma = gray(bright, offset);
    for (let i = offset; i < offset + 3; i++)
      result[i] = Math.round(clamped(luma + saturation * ((bright[i] as number) - luma)));
  }
  return { width, height, data: result };
}

const clamped = (value: number): number => Math.min(Math.max(value, 0), 255);

/** Luma (ITU-R BT.601) of the pixel whose red value is at `offset`. */
const gray = (values: Float32Array, offset: number): number =>
  0.299 * (values[offset] as number) + 0.587 * (values[offset + 1] as number) + 0.114 * (values[offset + 2] as number);
