import type { Image } from "../images/image.js";
import { luma } from "./luma.js";
import { assertSameSize } from "./size.js";

/**
 * Peak signal-to-noise ratio in dB over all pixels and channels, as in scikit-image; Infinity for equal images.
 * @throws UserError when the sizes differ.
 */
export function psnr(a: Image, b: Image): number {
  assertSameSize(a, b);
  return decibels(meanSquare(a.data, b.data));
}

/** Options of PSNR and SSIM on luma. */
export interface LumaOptions {
  /** Pixels cropped from each side before comparing; usually the scale. */
  border: number;
}

/**
 * PSNR of the luma in dB, as BasicSR computes it for super-resolution (Y of BT.601, in floats).
 * @throws UserError when the sizes differ.
 */
export function psnrY(a: Image, b: Image, { border }: LumaOptions): number {
  assertSameSize(a, b);
  return decibels(meanSquare(luma(a, border).data, luma(b, border).data));
}

/**
 * `psnrY` of luma rounded to whole levels, as MATLAB's rgb2ycbcr computes it and older papers report it.
 * @throws UserError when the sizes differ.
 */
export function psnrYRounded(a: Image, b: Image, { border }: LumaOptions): number {
  assertSameSize(a, b);
  return decibels(meanSquare(luma(a, border).data.map(Math.round), luma(b, border).data.map(Math.round)));
}

/**
 * The PSNR in dB that an image counts with at most in a mean. Equal images have an infinite PSNR, and one of them would make
 * the mean infinite. libvmaf limits the PSNR of 8-bit images to the same value, 6 dB per bit and 12 dB.
 */
export const MAX_PSNR = 60;

/** The mean of PSNRs in dB, each limited to `MAX_PSNR`; null if all are infinite. */
export function meanPsnr(values: readonly number[]): number | null {
  if (values.every((value) => value === Number.POSITIVE_INFINITY)) return null;
  return values.reduce((sum, value) => sum + Math.min(value, MAX_PSNR), 0) / values.length;
}

/** Of levels 0..255. */
const decibels = (meanSquare: number): number => 10 * Math.log10(255 ** 2 / meanSquare);

function meanSquare(a: Uint8Array | Float64Array, b: Uint8Array | Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += ((a[i] as number) - (b[i] as number)) ** 2;
  return sum / a.length;
}
