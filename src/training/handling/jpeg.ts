import { composed, type LineOperator, writeMatrix } from "../../images/line-operator.js";
import type { GraphBuilder } from "../../onnx/builder.js";
import { float32 } from "../../onnx/tensor.js";

/** Side of a block of the discrete cosine transform, in pixels. */
const BLOCK = 8;

/** Crops for JPEG have whole blocks of the halved chroma: their side is a multiple of this. */
export const JPEG_MULTIPLE = 2 * BLOCK;

/**
 * Saves images as JPEG with 4:2:0 chroma subsampling and opens them again (ITU T.81, JFIF; libjpeg's chroma filters). The
 * transforms are matrix products. The gradient of the quantization is that of the identity, except for coefficients below a
 * quarter of their step: those vanish, whatever a small change does to them, so their gradient is 0.
 * @param images [batch, 3, side, side], in [0, 1]
 * @param tables [batch, 2, 8, 8]: the steps of luma and chroma coefficients
 * @param side a multiple of `JPEG_MULTIPLE`
 * @returns images of the same shape
 */
export function throughJpeg(b: GraphBuilder, images: string, tables: string, batch: number, side: number): string {
  const planes = b.Conv(images, b.constant(float32(FROM_RGB, [3, 3, 1, 1])), b.constant(float32([-128, 0, 0])));
  const [luma = "", chroma = ""] = b.Split(planes, 1, [1, 2]);
  const [lumaTable = "", chromaTable = ""] = b.Split(tables, 1, [1, 1]);
  const half = side / 2;
  const decoded = [
    coded(b, luma, lumaTable, { ...codec(identity(side), identity(side), side), batch, channels: 1 }),
    coded(b, chroma, chromaTable, { ...codec(halving(side), doubling(half), half), batch, channels: 2 }),
  ];
  const toRgb = b.constant(float32(TO_RGB, [3, 3, 1, 1]));
  const shift = b.constant(float32([128 / 255, 128 / 255, 128 / 255]));
  return b.Clip(b.Conv(b.Concat(decoded, 1), toRgb, shift), b.zero, b.one);
}

/** RGB in [0, 1] to Y, Cb, Cr in units of 8-bit levels (JFIF 1.02). */
const FROM_RGB = [...[0.299, 0.587, 0.114], ...[-0.168736, -0.331264, 0.5], ...[0.5, -0.418688, -0.081312]].map(
  (weight) => weight * 255,
);

const TO_RGB = [...[1, 0, 1.402], ...[1, -0.344136, -0.714136], ...[1, 1.772, 0]].map((weight) => weight / 255);

interface Codec {
  /** From the pixels of a line of the image to coefficients: [size, side]. */
  readonly analysis: Float32Array;
  /** From coefficients to the pixels of a line: [side, size]. */
  readonly synthesis: Float32Array;
  readonly size: number;
  readonly side: number;
}

/** The matrices of a plane that is reduced before its transform and enlarged after it. */
function codec(reduction: LineOperator, enlargement: LineOperator, size: number): Codec {
  const side = enlargement.length;
  return {
    analysis: matrixOf(composed(transform(size), reduction, side), side),
    synthesis: matrixOf(composed(enlargement, inverseTransform(size), size), size),
    size,
    side,
  };
}

function matrixOf(operator: LineOperator, width: number): Float32Array {
  const matrix = new Float32Array(operator.length * width);
  writeMatrix(operator, width, matrix, 0);
  return matrix;
}

/** Coefficients below this share of their step have no gradient. */
const VANISHING = 0.25;

function coded(
  b: GraphBuilder,
  plane: string,
  table: string,
  { analysis, synthesis, size, side, batch, channels }: Codec & { batch: number; channels: number },
): string {
  const forward = b.constant(float32(analysis, [size, side]));
  const backward = b.constant(float32(synthesis, [side, size]));
  const product = (left: string, x: string) => b.MatMul(b.MatMul(left, x), b.transposeLast(left, 2));
  const blocks = [batch, channels, size / BLOCK, BLOCK, size / BLOCK, BLOCK];
  const steps = b.Reshape(table, [batch, 1, 1, BLOCK, 1, BLOCK]);
  const ratio = b.Div(b.Reshape(product(forward, plane), blocks), steps);
  const kept = b.masked(b.add("Round", [ratio]), b.Greater(b.Abs(ratio), b.scalar(VANISHING)));
  return product(backward, b.Reshape(b.Mul(kept, steps), [batch, channels, size, size]));
}

const identity = (size: number): LineOperator =>
  Array.from({ length: size }, (_, first) => ({ first, weights: Float64Array.of(1) }));

/** The mean of two pixels each. */
const halving = (side: number): LineOperator =>
  Array.from({ length: side / 2 }, (_, i) => ({ first: 2 * i, weights: Float64Array.of(0.5, 0.5) }));

/** Linear interpolation between the centers of pixels of double size ("fancy upsampling"). */
const doubling = (size: number): LineOperator =>
  Array.from({ length: 2 * size }, (_, i) => {
    const near = i >> 1;
    const far = i % 2 === 0 ? near - 1 : near + 1;
    if (far < 0 || far >= size) return { first: near, weights: Float64Array.of(1) };
    return far < near
      ? { first: far, weights: Float64Array.of(0.25, 0.75) }
      : { first: near, weights: Float64Array.of(0.75, 0.25) };
  });

/** The orthonormal cosine transform (DCT-II) of 8 samples: the weight of a sample in a coefficient. */
const cosine = (coefficient: number, sample: number): number =>
  Math.sqrt((coefficient === 0 ? 1 : 2) / BLOCK) * Math.cos(((2 * sample + 1) * coefficient * Math.PI) / (2 * BLOCK));

const perBlock = (size: number, weight: (row: number, column: number) => number): LineOperator =>
  Array.from({ length: size }, (_, i) => ({
    first: i - (i % BLOCK),
    weights: Float64Array.from({ length: BLOCK }, (_, j) => weight(i % BLOCK, j)),
  }));

const transform = (size: number): LineOperator => perBlock(size, cosine);
const inverseTransform = (size: number): LineOperator =>
  perBlock(size, (sample, coefficient) => cosine(coefficient, sample));

/** The tables of ITU T.81, annex K.1, row by row. */
const LUMA = [
  ...[16, 11, 10, 16, 24, 40, 51, 61],
  ...[12, 12, 14, 19, 26, 58, 60, 55],
  ...[14, 13, 16, 24, 40, 57, 69, 56],
  ...[14, 17, 22, 29, 51, 87, 80, 62],
  ...[18, 22, 37, 56, 68, 109, 103, 77],
  ...[24, 35, 55, 64, 81, 104, 113, 92],
  ...[49, 64, 78, 87, 103, 121, 120, 101],
  ...[72, 92, 95, 98, 112, 100, 103, 99],
];
const CHROMA = [
  ...[17, 18, 24, 47, 99, 99, 99, 99],
  ...[18, 21, 26, 66, 99, 99, 99, 99],
  ...[24, 26, 56, 99, 99, 99, 99, 99],
  ...[47, 66, 99, 99, 99, 99, 99, 99],
  ...Array<number>(4 * BLOCK).fill(99),
];

/**
 * The steps of luma and chroma coefficients at a quality from 1 to 100, which may be fractional: 2·64 values (libjpeg's
 * `jpeg_quality_scaling`).
 */
export function quantizationTables(quality: number): number[] {
  const percent = quality < 50 ? 5000 / quality : 200 - 2 * quality;
  return [...LUMA, ...CHROMA].map((step) => Math.min(255, Math.max(1, Math.floor((step * percent + 50) / 100))));
}
