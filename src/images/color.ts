import type { Image } from "./image.js";

/** Factors; 1 changes nothing. */
export interface ColorFactors {
  readonly brightness: number;
  readonly contrast: number;
  readonly saturation: number;
}

/**
 * The picture with its brightness, then its contrast (about its mean gray), then its saturation (about the gray of each
 * pixel) multiplied, as Pillow's ImageEnhance does each of them, but rounded once at the end.
 */
export function adjustColor({ width, height, data }: Image, factors: ColorFactors): Image {
  const { brightness, contrast, saturation } = factors;
  const bright = Float32Array.from(data, (value) => Math.min(value * brightness, 255));
  let total = 0;
  for (let at = 0; at < bright.length; at += 3) total += gray(bright, at);
  const mean = total / (width * height);
  for (const [i, value] of bright.entries()) bright[i] = clamped(mean + contrast * (value - mean));
  const result = new Uint8Array(data.length);
  for (let at = 0; at < bright.length; at += 3) {
    const middle = gray(bright, at);
    for (let i = at; i < at + 3; i++)
      result[i] = Math.round(clamped(middle + saturation * ((bright[i] as number) - middle)));
  }
  return { width, height, data: result };
}

const clamped = (value: number): number => Math.min(Math.max(value, 0), 255);

/** Luma of the pixel whose red stands at `at` (ITU-R BT.601). */
const gray = (values: Float32Array, at: number): number =>
  0.299 * (values[at] as number) + 0.587 * (values[at + 1] as number) + 0.114 * (values[at + 2] as number);
