import type { Plane } from "./luma.js";

/** Spectral power at a frequency and around it, in squared levels: white noise of variance v has the power v everywhere. */
export interface SpectralPeak {
  readonly peak: number;
  /** Mean over the frequencies around it. */
  readonly around: number;
}

/** The power of patterns that are locked to the pixel lattice, as upsamplers by 2 and 4 leave them. */
export interface LatticePower {
  /** At (1/4, 1/4) and (1/4, -1/4) cycles/pixel, averaged: a woven pattern with a period of 4 pixels. */
  readonly quarter: SpectralPeak;
  /** At (1/2, 1/2) cycles/pixel: a checkerboard of single pixels. */
  readonly half: SpectralPeak;
}

/** The frequencies around a peak are 3 to 5 bins away in at least one direction; the main lobe of the window ends at 2. */
const [INNER, OUTER] = [3, 5];

/** With fewer pixels the frequencies around 1/4 would include those of the mean. */
const SMALLEST_SIDE = 32;

/**
 * The equivalent noise bandwidth of the Hann window in bins (Harris 1978, table 1), for both directions: a pattern's peak over
 * noise is lower by this factor than without a window.
 */
const BANDWIDTH = 1.5 ** 2;

/**
 * The spectral power at the lattice frequencies, of a plane without its mean, under a periodic Hann window. The bins around are
 * 1/width and 1/height cycles/pixel apart.
 * @returns undefined when a side is shorter than 32 pixels.
 */
export function latticePower(plane: Plane): LatticePower | undefined {
  if (Math.min(plane.width, plane.height) < SMALLEST_SIDE) return undefined;
  const [[rising, falling], [half]] = [peaksAt(plane, 1 / 4, [1 / 4, -1 / 4]), peaksAt(plane, 1 / 2, [1 / 2])] as [
    [SpectralPeak, SpectralPeak],
    [SpectralPeak],
  ];
  const quarter = { peak: (rising.peak + falling.peak) / 2, around: (rising.around + falling.around) / 2 };
  return { quarter, half };
}

/**
 * How far a peak is above its surroundings: 1 without a pattern. It is the ratio of their powers as a transform without a window
 * would show it, without the leakage of that: 1 + 2.25 (peak / around - 1), at least 0. That of a pattern in noise is
 * proportional to the number of pixels. NaN for an image without any detail.
 */
export const latticeRatio = ({ peak, around }: SpectralPeak): number =>
  around > 0 ? Math.max(0, 1 + BANDWIDTH * (peak / around - 1)) : Number.NaN;

/** The peaks at (u, v) for each of several v, in cycles/pixel. */
function peaksAt(plane: Plane, u: number, vs: readonly number[]): SpectralPeak[] {
  const { width, height } = plane;
  const mean = plane.data.reduce((sum, value) => sum + value, 0) / plane.data.length;
  const columns = wavesAround(u, width).map((wave) => rowSums(plane, mean, wave));
  const noise = noiseGain(width) * noiseGain(height);
  return vs.map((v) => {
    const waves = wavesAround(v, height);
    let [peak, around, count] = [0, 0, 0];
    for (const [i, column] of columns.entries())
      for (const [j, wave] of waves.entries()) {
        const distance = Math.max(Math.abs(i - OUTER), Math.abs(j - OUTER));
        if (distance > 0 && distance < INNER) continue;
        const power = powerOf(column, wave) / noise;
        if (distance === 0) peak = power;
        else [around, count] = [around + power, count + 1];
      }
    return { peak, around: around / count };
  });
}

/** A complex signal. */
interface Wave {
  readonly real: Float64Array;
  readonly imaginary: Float64Array;
}

/** The windowed waves of the frequencies up to 5 bins from `frequency`, lowest first. */
const wavesAround = (frequency: number, length: number): Wave[] =>
  Array.from({ length: 2 * OUTER + 1 }, (_, i) => {
    const angle = -2 * Math.PI * (frequency + (i - OUTER) / length);
    return {
      real: Float64Array.from({ length }, (_, x) => hann(x, length) * Math.cos(angle * x)),
      imaginary: Float64Array.from({ length }, (_, x) => hann(x, length) * Math.sin(angle * x)),
    };
  });

/** The periodic Hann window. */
const hann = (x: number, length: number): number => 0.5 - 0.5 * Math.cos((2 * Math.PI * x) / length);

/** The sum of the squared window, by which it changes the power of white noise. */
const noiseGain = (length: number): number => (3 / 8) * length;

/** The products of each row with a wave. */
function rowSums({ width, height, data }: Plane, mean: number, { real, imaginary }: Wave): Wave {
  const sums = { real: new Float64Array(height), imaginary: new Float64Array(height) };
  for (let y = 0; y < height; y++) {
    let [a, b] = [0, 0];
    for (let x = 0, from = y * width; x < width; x++, from++) {
      const value = (data[from] as number) - mean;
      a += value * (real[x] as number);
      b += value * (imaginary[x] as number);
    }
    sums.real[y] = a;
    sums.imaginary[y] = b;
  }
  return sums;
}

/** The squared magnitude of the product of a complex column and a wave. */
function powerOf(column: Wave, wave: Wave): number {
  let [real, imaginary] = [0, 0];
  for (const [y, a] of column.real.entries()) {
    const b = column.imaginary[y] as number;
    const [c, d] = [wave.real[y] as number, wave.imaginary[y] as number];
    real += a * c - b * d;
    imaginary += a * d + b * c;
  }
  return real * real + imaginary * imaginary;
}
