import type { Image } from "./image.js";
import type { LineOperator } from "./line-operator.js";

/** Resampling filters, named as in Pillow. */
export type Filter = "bicubic" | "bilinear" | "box";

/** A rectangle of pixels. */
export interface Region {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/**
 * Resizes exactly as Pillow does on 8-bit data (src/libImaging/Resample.c). The kernel is widened by the scale when
 * shrinking; the center of output pixel i is at (i + 0.5) * scale; weights outside the image are dropped and the others
 * renormalized. Rows are resized first, then columns; each pass is rounded and clamped to 8 bits.
 */
export const resize = (image: Image, width: number, height: number, filter: Filter): Image =>
  width === image.width && height === image.height
    ? image
    : resizeRegion(image, width, height, filter, { left: 0, top: 0, width, height });

/** A region of the output of `resize`, bit for bit. Only the pixels of the region are computed. */
export function resizeRegion(image: Image, width: number, height: number, filter: Filter, region: Region): Image {
  const columns = partOf(axisOf(image.width, width, filter), region.left, region.width);
  const rows = partOf(axisOf(image.height, height, filter), region.top, region.height);
  const top = rows.first[0] as number;
  const bottom = (rows.first.at(-1) as number) + (rows.count.at(-1) as number);
  return resizeColumns(resizeRows(image, top, bottom, columns), rows, top);
}

/** The resizing of a line from `from` to `to` pixels, as `resize` computes it before rounding. */
export function resizing(from: number, to: number, filter: Filter): LineOperator {
  const { taps, first, count, weights } = axisOf(from, to, filter);
  return Array.from({ length: to }, (_, i) => {
    const start = i * taps;
    const exact = weights.subarray(start, start + (count[i] as number));
    return { first: first[i] as number, weights: Float64Array.from(exact, (weight) => weight / 2 ** fractionBits) };
  });
}

interface Kernel {
  readonly support: number;
  /** The weight at a distance x from the center. */
  readonly weight: (x: number) => number;
}

const kernels: Record<Filter, Kernel> = {
  box: { support: 0.5, weight: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0) },
  bilinear: { support: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) },
  bicubic: { support: 2, weight: (x) => cubic(Math.abs(x)) },
};

/** Keys' cubic convolution kernel with a = -0.5 (Catmull-Rom spline) at distance x >= 0 from the center. */
export function cubic(x: number): number {
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0;
}

/**
 * Resampling coefficients of one axis. Output pixel i is the sum of weights[i * taps + j] * source[first[i] + j] over
 * j < count[i], divided by 2^22. `taps` is a multiple of 4; weights at j >= count[i] are 0.
 */
interface Axis {
  readonly taps: number;
  readonly first: Int32Array;
  readonly count: Int32Array;
  readonly weights: Int32Array;
}

/** Weights are integer multiples of 2^-22. 255 times their sum, including overshoot, fits in 32 bits. */
const fractionBits = 22;
const half = 1 << (fractionBits - 1);

const axes = new Map<string, Axis>();
const maxAxes = 256;

/** Coefficients for resizing an axis from `from` to `to` pixels. The last `maxAxes` results are cached. */
function axisOf(from: number, to: number, filter: Filter): Axis {
  const key = `${from} ${to} ${filter}`;
  const cached = axes.get(key);
  if (cached) return cached;
  if (axes.size >= maxAxes) axes.clear();
  const axis = computeAxis(from, to, kernels[filter]);
  axes.set(key, axis);
  return axis;
}

function computeAxis(from: number, to: number, kernel: Kernel): Axis {
  const scale = from / to;
  const stretch = Math.max(scale, 1);
  const support = kernel.support * stretch;
  const taps = 4 * Math.ceil((Math.ceil(support) * 2 + 1) / 4);
  const first = new Int32Array(to);
  const count = new Int32Array(to);
  const weights = new Int32Array(to * taps);
  for (let i = 0; i < to; i++) {
    const center = (i + 0.5) * scale;
    const begin = Math.max(0, Math.trunc(center - support + 0.5));
    const end = Math.min(from, Math.trunc(center + support + 0.5));
    const exact = Array.from({ length: end - begin }, (_, j) => kernel.weight((begin + j - center + 0.5) / stretch));
    const sum = exact.reduce((total, weight) => total + weight, 0);
    first[i] = begin;
    count[i] = end - begin;
    for (const [j, weight] of exact.entries()) weights[i * taps + j] = toFixedPoint(weight / sum);
  }
  return { taps, first, count, weights };
}

/** Rounds half away from zero. */
const toFixedPoint = (x: number): number => Math.trunc(x * 2 ** fractionBits + (x < 0 ? -0.5 : 0.5));

/** The coefficients of `size` output pixels, starting at pixel `begin`. */
const partOf = ({ taps, first, count, weights }: Axis, begin: number, size: number): Axis => ({
  taps,
  first: first.subarray(begin, begin + size),
  count: count.subarray(begin, begin + size),
  weights: weights.subarray(begin * taps, (begin + size) * taps),
});

/** Resizes the rows from `top` up to, but not including, `bottom` horizontally. */
function resizeRows({ width, data }: Image, top: number, bottom: number, axis: Axis): Image {
  const { taps, first, count, weights } = axis;
  const newWidth = first.length;
  const result = new Uint8ClampedArray(newWidth * (bottom - top) * 3);
  let to = 0;
  for (let y = top; y < bottom; y++) {
    for (let x = 0; x < newWidth; x++) {
      let from = (y * width + (first[x] as number)) * 3;
      const begin = x * taps;
      const end = begin + (count[x] as number);
      let red = half;
      let green = half;
      let blue = half;
      for (let tap = begin; tap < end; tap++, from += 3) {
        const weight = weights[tap] as number;
        red += Math.imul(data[from] as number, weight);
        green += Math.imul(data[from + 1] as number, weight);
        blue += Math.imul(data[from + 2] as number, weight);
      }
      result[to++] = red >> fractionBits;
      result[to++] = green >> fractionBits;
      result[to++] = blue >> fractionBits;
    }
  }
  return { width: newWidth, height: bottom - top, data: new Uint8Array(result.buffer) };
}

/** Resizes an image vertically. Its first row is row `top` of the source that the axis refers to. */
function resizeColumns({ width, height, data }: Image, { taps, first, count, weights }: Axis, top: number): Image {
  const stride = width * 3;
  const newHeight = first.length;
  const result = new Uint8ClampedArray(stride * newHeight);
  const sums = new Int32Array(stride);
  const last = (height - 1) * stride;
  for (let y = 0; y < newHeight; y++) {
    sums.fill(half);
    // Four rows at a time reduce reads and writes of the sums. Weights of rows beyond the last are 0.
    for (let tap = 0; tap < (count[y] as number); tap += 4) {
      const index = y * taps + tap;
      const w0 = weights[index] as number;
      const w1 = weights[index + 1] as number;
      const w2 = weights[index + 2] as number;
      const w3 = weights[index + 3] as number;
      const r0 = ((first[y] as number) - top + tap) * stride;
      const r1 = Math.min(r0 + stride, last);
      const r2 = Math.min(r1 + stride, last);
      const r3 = Math.min(r2 + stride, last);
      for (let i = 0; i < stride; i++)
        sums[i] =
          (sums[i] as number) +
          Math.imul(data[r0 + i] as number, w0) +
          Math.imul(data[r1 + i] as number, w1) +
          Math.imul(data[r2 + i] as number, w2) +
          Math.imul(data[r3 + i] as number, w3);
    }
    for (let i = 0; i < stride; i++) result[y * stride + i] = (sums[i] as number) >> fractionBits;
  }
  return { width, height: newHeight, data: new Uint8Array(result.buffer) };
}
