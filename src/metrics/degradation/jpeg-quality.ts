import type { Image } from "../../images/image.js";
import { BLOCK } from "./blockiness.js";

/** The luma quantization table of the JPEG standard (ITU-T T.81, table K.1), in rows of increasing vertical frequency. */
const TABLE = [
  ...[16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55],
  ...[14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62],
  ...[18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92],
  ...[49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99],
];

/** The quantization step of a table's entry at a quality from 1 to 100, as libjpeg scales it. */
function stepAt(entry: number, quality: number): number {
  const scale = quality < 50 ? Math.floor(5000 / quality) : 200 - 2 * quality;
  return Math.min(255, Math.max(1, Math.floor((entry * scale + 50) / 100)));
}

/** Standard deviation of the error of a decoded image's coefficients: it is rounded to 8 bits, and its color is converted. */
const ERROR = 0.5;
/** Coefficients of smaller magnitude are left out: they can be 0 at any step. */
const SMALLEST = 4 * ERROR;
/** Coefficients of a frequency that differ by less count once: equal blocks, as of a pattern or a ramp, are no evidence. */
const RESOLUTION = 0.01;
/** The share of coefficients that are no multiple of the step, such as those of clipped blocks. */
const OUTLIERS = 0.1;
/** Frequencies that are compared, both axes together: the lowest, without the mean. Others are rarely above 0. */
const FREQUENCIES = 4;
const COMPARED = TABLE.map((_, frequency) => frequency).filter((frequency) => {
  const sum = Math.floor(frequency / BLOCK) + (frequency % BLOCK);
  return sum > 0 && sum <= FREQUENCIES;
});
/** If fewer blocks have no clipped value, all are compared. */
const FEWEST_BLOCKS = 20;
/** Blocks that are compared at most, at even distances. */
const BLOCKS = 256;
/** The mean log-likelihood per coefficient from which an image counts as compressed; it is below 0 if it is not. */
const CERTAIN = 0.1;
/** Fewer coefficients decide nothing. */
const FEWEST = 20;

/** Qualities that are tried. Above 95 the steps are as small as the error. */
const QUALITIES = Array.from({ length: 95 }, (_, i) => i + 1);

/** The quality of an image in which no JPEG quantization is found. */
export const NOT_COMPRESSED = 100;

/**
 * The quality, 1 to 95 on libjpeg's scale, at which an image was saved as JPEG before: the one under which the coefficients of
 * its blocks are most likely multiples of the quantization steps (Fan and de Queiroz 2003, "Identification of bitmap
 * compression history", with a normal error and outliers). `NOT_COMPRESSED` if none is likely: for quality above about 90,
 * and if the image was resized or changed by noise since. Other quantization tables than the standard's count as the quality
 * that is nearest.
 */
export function jpegQuality(image: Image, grid: Grid): number {
  const coefficients = coefficientsOf(image, grid);
  const count = coefficients.reduce((sum, values) => sum + values.length, 0);
  if (count < FEWEST) return NOT_COMPRESSED;
  const likelihoods = coefficients.map(() => new Map<number, number>());
  let [best, quality] = [CERTAIN * count, NOT_COMPRESSED];
  for (const candidate of QUALITIES) {
    let sum = 0;
    for (const [frequency, values] of coefficients.entries()) {
      const step = stepAt(TABLE[frequency] as number, candidate);
      const known = likelihoods[frequency] as Map<number, number>;
      if (!known.has(step)) known.set(step, logLikelihood(values, step));
      sum += known.get(step) as number;
    }
    if (sum > best) [best, quality] = [sum, candidate];
  }
  return quality;
}

/** The log-likelihood that coefficients are multiples of a step, relative to a smooth density. */
function logLikelihood(values: readonly number[], step: number): number {
  const peak = ((1 - OUTLIERS) * step) / (ERROR * Math.sqrt(2 * Math.PI));
  let sum = 0;
  for (const value of values) {
    const error = (value - step * Math.round(value / step)) / ERROR;
    sum += Math.log(peak * Math.exp(-(error ** 2) / 2) + OUTLIERS);
  }
  return sum;
}

/** A grid of 8 x 8 blocks: the first column and row of a block. */
interface Grid {
  readonly left: number;
  readonly top: number;
}

/** The coefficients of `SMALLEST` or more by frequency, in the order of the table. */
function coefficientsOf(image: Image, grid: Grid): number[][] {
  const coefficients = TABLE.map(() => new Set<number>());
  const blocks = blocksOf(image, grid);
  const whole = blocks.filter((block) => !isClipped(image, block));
  const used = whole.length >= FEWEST_BLOCKS ? whole : blocks;
  const stride = Math.max(1, used.length / BLOCKS);
  for (let place = 0; place < used.length; place += stride) {
    const values = transformed(lumaOfBlock(image, used[Math.floor(place)] as number));
    for (const frequency of COMPARED) {
      const value = values[frequency] as number;
      if (Math.abs(value) >= SMALLEST) coefficients[frequency]?.add(Math.round(value / RESOLUTION) * RESOLUTION);
    }
  }
  return coefficients.map((values) => [...values]);
}

/** The places of the blocks' first values in the image's data. */
function blocksOf({ width, height }: Image, { left, top }: Grid): number[] {
  const [columns = 0, rows = 0] = [width - left, height - top].map((length) => Math.max(0, Math.floor(length / BLOCK)));
  return Array.from(
    { length: columns * rows },
    (_, i) => 3 * ((top + BLOCK * Math.floor(i / columns)) * width + left + BLOCK * (i % columns)),
  );
}

/** Whether a block has values that may have been clipped after decoding, so that its coefficients are no multiples. */
function isClipped({ width, data }: Image, first: number): boolean {
  for (let y = 0; y < BLOCK; y++)
    for (let i = first + 3 * y * width; i < first + 3 * (y * width + BLOCK); i++)
      if (data[i] === 0 || data[i] === 255) return true;
  return false;
}

/** Luma in levels, 0 to 255, as JPEG files have it (JFIF). */
function lumaOfBlock({ width, data }: Image, first: number): Float64Array {
  const levels = new Float64Array(BLOCK * BLOCK);
  for (let i = 0; i < levels.length; i++) {
    const at = first + 3 * (Math.floor(i / BLOCK) * width + (i % BLOCK));
    levels[i] = 0.299 * (data[at] as number) + 0.587 * (data[at + 1] as number) + 0.114 * (data[at + 2] as number);
  }
  return levels;
}

/** The basis of the discrete cosine transform (DCT-II, orthonormal), [frequency][position]. */
const BASIS = Array.from({ length: BLOCK }, (_, u) =>
  Float64Array.from(
    { length: BLOCK },
    (_, x) => Math.sqrt((u === 0 ? 1 : 2) / BLOCK) * Math.cos(((2 * x + 1) * u * Math.PI) / (2 * BLOCK)),
  ),
);

/** The two-dimensional transform of a block. */
function transformed(block: Float64Array): Float64Array {
  const alongRows = new Float64Array(block.length);
  const result = new Float64Array(block.length);
  for (let y = 0; y < BLOCK; y++)
    for (let u = 0; u < BLOCK; u++) {
      let sum = 0;
      for (let x = 0; x < BLOCK; x++) sum += (block[y * BLOCK + x] as number) * (BASIS[u]?.[x] as number);
      alongRows[y * BLOCK + u] = sum;
    }
  for (let v = 0; v < BLOCK; v++)
    for (let u = 0; u < BLOCK; u++) {
      let sum = 0;
      for (let y = 0; y < BLOCK; y++) sum += (alongRows[y * BLOCK + u] as number) * (BASIS[v]?.[y] as number);
      result[v * BLOCK + u] = sum;
    }
  return result;
}
