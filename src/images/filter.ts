import type { Planes } from "./planar.js";

/** Which of the pixels 0 … length - 1 stands for a position outside. */
export type Border = (position: number, length: number) => number;

/** a a | a b c | c c */
export const nearest: Border = (position, length) => Math.min(Math.max(position, 0), length - 1);

/** c b | a b c | b a: the pixel at the edge is not repeated. */
export const mirror: Border = (position, length) => {
  const period = Math.max(2 * (length - 1), 1);
  const rest = modulo(position, period);
  return Math.min(rest, period - rest);
};

/** b a | a b c | c b */
export const reflect: Border = (position, length) => {
  const rest = modulo(position, 2 * length);
  return Math.min(rest, 2 * length - 1 - rest);
};

const modulo = (a: number, b: number): number => ((a % b) + b) % b;

/** One weight of a kernel: of the pixel that lies (x, y) from where the result stands. */
export interface Tap {
  readonly x: number;
  readonly y: number;
  readonly weight: number;
}

/** The same taps with weights that sum to 1. */
export function normalized(taps: readonly Tap[]): Tap[] {
  const sum = taps.reduce((total, { weight }) => total + weight, 0);
  return taps.map((tap) => ({ ...tap, weight: tap.weight / sum }));
}

/** Every value becomes the weighted sum of those at the taps around it (a correlation). */
export function filter({ width, height, data }: Planes, taps: readonly Tap[], border: Border): Planes {
  const result = new Float32Array(data.length);
  const rows = data.length / width;
  for (const { x: right, y: down, weight } of taps) {
    const columns = Int32Array.from({ length: width }, (_, x) => border(x + right, width));
    for (let row = 0; row < rows; row++) {
      const y = row % height;
      const from = (row - y + border(y + down, height)) * width;
      const to = row * width;
      for (let x = 0; x < width; x++)
        result[to + x] = (result[to + x] as number) + weight * (data[from + (columns[x] as number)] as number);
    }
  }
  return { width, height, data: result };
}

/** Samples of exp(-x² / 2σ²) at x = -radius … radius, of sum 1. */
export function gaussianKernel(sigma: number, radius: number): number[] {
  const samples = Array.from({ length: 2 * radius + 1 }, (_, i) => Math.exp(-0.5 * ((i - radius) / sigma) ** 2));
  const sum = samples.reduce((total, sample) => total + sample, 0);
  return samples.map((sample) => sample / sum);
}

interface GaussianOptions {
  /** In pixels. Default: 4 sigma, rounded, as SciPy's `gaussian_filter` has it. */
  readonly radius?: number;
  /** Default: `nearest`. */
  readonly border?: Border;
}

/** Gaussian blur; `sigma` in pixels, above 0. */
export function gaussianBlur({ width, height, data }: Planes, sigma: number, options: GaussianOptions = {}): Planes {
  const { radius = Math.floor(4 * sigma + 0.5), border = nearest } = options;
  const kernel = gaussianKernel(sigma, radius);
  const area = width * height;
  const along = alongLines(data, shares(kernel, width, border), 1, (row) => row * width);
  const firstInColumn = (column: number): number => Math.floor(column / width) * area + (column % width);
  return { width, height, data: alongLines(along, shares(kernel, height, border), width, firstInColumn) };
}

/** What each pixel of a line takes from it: `weights` of those from `first` on. However long the kernel, no more than the line. */
interface Share {
  readonly first: number;
  readonly weights: Float64Array;
}

function shares(kernel: readonly number[], length: number, border: Border): Share[] {
  const radius = (kernel.length - 1) / 2;
  return Array.from({ length }, (_, position) => {
    const weights = new Float64Array(length);
    for (const [i, weight] of kernel.entries()) {
      const source = border(position + i - radius, length);
      weights[source] = (weights[source] as number) + weight;
    }
    const first = weights.findIndex((weight) => weight > 0);
    return { first, weights: weights.subarray(first, weights.findLastIndex((weight) => weight > 0) + 1) };
  });
}

/** Applies the shares to every line; `firstOf` tells where in the data a line begins, `stride` how far its pixels are apart. */
function alongLines(
  data: Float32Array,
  shares: readonly Share[],
  stride: number,
  firstOf: (line: number) => number,
): Float32Array {
  const result = new Float32Array(data.length);
  for (let line = 0; line < data.length / shares.length; line++) {
    const start = firstOf(line);
    for (const [position, { first, weights }] of shares.entries()) {
      let sum = 0;
      for (let i = 0, from = start + first * stride; i < weights.length; i++, from += stride)
        sum += (weights[i] as number) * (data[from] as number);
      result[start + position * stride] = sum;
    }
  }
  return result;
}
