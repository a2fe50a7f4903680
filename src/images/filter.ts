import { type LineOperator, trimmed } from "./line-operator.js";
import type { Planes } from "./planar.js";

/** A border mode: maps any position to an index in 0 … length - 1. Positions inside map to themselves. */
export type Border = (position: number, length: number) => number;

/** a a | a b c | c c: repeats the edge pixel (NumPy's "edge"). */
export const nearest: Border = (position, length) => Math.min(Math.max(position, 0), length - 1);

/** c b | a b c | b a: mirrors without repeating the edge pixel (NumPy's "reflect"). */
export const mirror: Border = (position, length) => {
  const period = Math.max(2 * (length - 1), 1);
  const phase = modulo(position, period);
  return Math.min(phase, period - phase);
};

/** b a | a b c | c b: mirrors with the edge pixel repeated (NumPy's "symmetric"). */
export const reflect: Border = (position, length) => {
  const phase = modulo(position, 2 * length);
  return Math.min(phase, 2 * length - 1 - phase);
};

const modulo = (a: number, b: number): number => ((a % b) + b) % b;

/** One weight of a kernel, for the source pixel at offset (x, y) from the output pixel. */
export interface Tap {
  readonly x: number;
  readonly y: number;
  readonly weight: number;
}

/** Scales the weights so that they sum to 1. */
export function normalized(taps: readonly Tap[]): Tap[] {
  const sum = taps.reduce((total, { weight }) => total + weight, 0);
  return taps.map((tap) => ({ ...tap, weight: tap.weight / sum }));
}

/** Correlates each plane with the kernel given by its taps. */
export function filter({ width, height, data }: Planes, taps: readonly Tap[], border: Border): Planes {
  const result = new Float32Array(data.length);
  const rows = data.length / width;
  for (const { x: dx, y: dy, weight } of taps) {
    const columns = Int32Array.from({ length: width }, (_, x) => border(x + dx, width));
    for (let row = 0; row < rows; row++) {
      const y = row % height;
      const from = (row - y + border(y + dy, height)) * width;
      const to = row * width;
      for (let x = 0; x < width; x++)
        result[to + x] = (result[to + x] as number) + weight * (data[from + (columns[x] as number)] as number);
    }
  }
  return { width, height, data: result };
}

/** Samples of exp(-x² / 2σ²) at x = -radius … radius, normalized to sum 1. */
export function gaussianKernel(sigma: number, radius: number): number[] {
  const samples = Array.from({ length: 2 * radius + 1 }, (_, i) => Math.exp(-0.5 * ((i - radius) / sigma) ** 2));
  const sum = samples.reduce((total, sample) => total + sample, 0);
  return samples.map((sample) => sample / sum);
}

interface GaussianOptions {
  /** Kernel radius in pixels. Default: 4 sigma, rounded, as in SciPy's `gaussian_filter`. */
  readonly radius?: number;
  /** Border mode. Default: `nearest`. */
  readonly border?: Border;
}

/** Gaussian blur of each plane. `sigma` is in pixels and must be above 0. */
export function gaussianBlur({ width, height, data }: Planes, sigma: number, options: GaussianOptions = {}): Planes {
  const { radius = Math.floor(4 * sigma + 0.5), border = nearest } = options;
  const kernel = gaussianKernel(sigma, radius);
  const area = width * height;
  const horizontal = filterLines(data, foldedKernels(kernel, width, border), 1, (row) => row * width);
  const firstInColumn = (column: number): number => Math.floor(column / width) * area + (column % width);
  return { width, height, data: filterLines(horizontal, foldedKernels(kernel, height, border), width, firstInColumn) };
}

/** The kernel, of odd length, at each position of a line of `length` pixels. Positions outside are folded back into the line. */
export function foldedKernels(kernel: readonly number[], length: number, border: Border): LineOperator {
  const radius = (kernel.length - 1) / 2;
  return Array.from({ length }, (_, position) => {
    const weights = new Float64Array(length);
    for (const [i, weight] of kernel.entries()) {
      const source = border(position + i - radius, length);
      weights[source] = (weights[source] as number) + weight;
    }
    return trimmed(weights);
  });
}

/**
 * Applies a folded kernel per position to every line.
 * @param stride distance between adjacent pixels of a line in `data`
 * @param firstOf index in `data` of a line's first pixel
 */
function filterLines(
  data: Float32Array,
  kernels: LineOperator,
  stride: number,
  firstOf: (line: number) => number,
): Float32Array {
  const result = new Float32Array(data.length);
  for (let line = 0; line < data.length / kernels.length; line++) {
    const start = firstOf(line);
    for (const [position, { first, weights }] of kernels.entries()) {
      let sum = 0;
      for (let i = 0, from = start + first * stride; i < weights.length; i++, from += stride)
        sum += (weights[i] as number) * (data[from] as number);
      result[start + position * stride] = sum;
    }
  }
  return result;
}
