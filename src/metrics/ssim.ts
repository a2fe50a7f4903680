import { UserError } from "../errors.js";
import { gaussianKernel } from "../images/filter.js";
import type { Image } from "../images/image.js";
import { luma, type Plane } from "./luma.js";
import type { LumaOptions } from "./psnr.js";
import { assertSameSize } from "./size.js";

/**
 * Structural similarity (Wang et al. 2004) as scikit-image computes it with gaussian_weights, sigma 1.5 and
 * use_sample_covariance=False: mean over the channels and over the positions where the 11 x 11 window fits.
 * @throws UserError when the sizes differ or a side is shorter than 11.
 */
export function ssim(a: Image, b: Image): number {
  assertSameSize(a, b);
  return meanOfChannels((channel) => ssimOfPlanes(channelOf(a, channel), channelOf(b, channel)));
}

/**
 * SSIM as the package pytorch-ssim computes it: zeros around the image and the mean over all pixels and channels.
 * @throws UserError when the sizes differ.
 */
export function ssimPytorch(a: Image, b: Image): number {
  assertSameSize(a, b);
  return meanOfChannels((channel) =>
    ssimOfPlanes(zeroPadded(channelOf(a, channel)), zeroPadded(channelOf(b, channel))),
  );
}

/**
 * SSIM of the luma as BasicSR computes it for super-resolution, where the window fits.
 * @throws UserError when the sizes differ or a side without its border is shorter than 11.
 */
export function ssimY(a: Image, b: Image, { border }: LumaOptions): number {
  assertSameSize(a, b);
  return ssimOfPlanes(luma(a, border), luma(b, border));
}

/** Pixels from the center of the window to its edge. */
export const radius = 5;
export const sigma = 1.5;
export const c1 = (0.01 * 255) ** 2;
export const c2 = (0.03 * 255) ** 2;

/** Weights of the window at distances 0..5 from its center; all 11 sum to 1. */
const window = gaussianKernel(sigma, radius).slice(radius);

/** Mean SSIM of two planes of levels 0..255 over the positions where the window fits. */
function ssimOfPlanes(a: Plane, b: Plane): number {
  const { width, height } = a;
  if (Math.min(width, height) < window.length * 2 - 1)
    throw new UserError(`SSIM needs 11 pixels a side; the images have ${width}x${height}`);
  const x = a.data;
  const y = b.data;
  const blurred = (plane: Float64Array): Float64Array => blurRows(blurColumns(plane, width, height), width);
  const meanX = blurred(x);
  const meanY = blurred(y);
  const squares = blurred(x.map((value, i) => value * value + (y[i] as number) ** 2));
  const products = blurred(x.map((value, i) => value * (y[i] as number)));
  let sum = 0;
  for (let i = 0; i < meanX.length; i++) {
    const mx = meanX[i] as number;
    const my = meanY[i] as number;
    const covariance = (products[i] as number) - mx * my;
    const variances = (squares[i] as number) - mx * mx - my * my;
    sum += ((2 * mx * my + c1) * (2 * covariance + c2)) / ((mx * mx + my * my + c1) * (variances + c2));
  }
  return sum / meanX.length;
}

/** The plane blurred along its columns where the window fits: [height - 10, width]. */
function blurColumns(plane: Float64Array, width: number, height: number): Float64Array {
  const result = new Float64Array((height - 2 * radius) * width);
  blurInto(result, 0, plane, radius * width, width, result.length);
  return result;
}

/** The plane blurred along its rows where the window fits: [height, width - 10]. */
function blurRows(plane: Float64Array, width: number): Float64Array {
  const height = plane.length / width;
  const fitting = width - 2 * radius;
  const result = new Float64Array(height * fitting);
  for (let y = 0; y < height; y++) blurInto(result, y * fitting, plane, y * width + radius, 1, fitting);
  return result;
}

/**
 * Writes `count` weighted sums to `result` from `to` on. The first is of the 11 values around `center` that are `step`
 * apart. The loop over the window is unrolled, since it dominates the time of SSIM.
 */
function blurInto(
  result: Float64Array,
  to: number,
  plane: Float64Array,
  center: number,
  step: number,
  count: number,
): void {
  const [w0, w1, w2, w3, w4, w5] = window as [number, number, number, number, number, number];
  const at = (i: number): number => plane[i] as number;
  for (let i = center, end = to + count; to < end; i++, to++) {
    let sum = w0 * at(i);
    sum += w1 * (at(i - step) + at(i + step));
    sum += w2 * (at(i - 2 * step) + at(i + 2 * step));
    sum += w3 * (at(i - 3 * step) + at(i + 3 * step));
    sum += w4 * (at(i - 4 * step) + at(i + 4 * step));
    sum += w5 * (at(i - 5 * step) + at(i + 5 * step));
    result[to] = sum;
  }
}

const meanOfChannels = (ofChannel: (channel: number) => number): number =>
  (ofChannel(0) + ofChannel(1) + ofChannel(2)) / 3;

function channelOf({ width, height, data }: Image, channel: number): Plane {
  const plane = new Float64Array(width * height);
  for (let i = 0; i < plane.length; i++) plane[i] = data[i * 3 + channel] as number;
  return { width, height, data: plane };
}

/** The plane with `radius` zeros on each side. */
function zeroPadded({ width, height, data }: Plane): Plane {
  const padded = { width: width + 2 * radius, height: height + 2 * radius };
  const plane = new Float64Array(padded.width * padded.height);
  for (let y = 0; y < height; y++)
    plane.set(data.subarray(y * width, (y + 1) * width), (y + radius) * padded.width + radius);
  return { ...padded, data: plane };
}
