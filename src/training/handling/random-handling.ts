import type { Handling, HandlingKind } from "../../data/handling/handling.js";
import { reducedSide } from "../../data/handling/reduce.js";
import { draw } from "../../data/range.js";
import { foldedKernels, gaussianKernel, nearest } from "../../images/filter.js";
import { composed, type LineOperator, writeMatrix } from "../../images/line-operator.js";
import { cubic, resizing } from "../../images/resize.js";
import type { GraphBuilder } from "../../onnx/builder.js";
import { float32 } from "../../onnx/tensor.js";
import { type Random, randomAt } from "../../random.js";
import type { Tensors } from "../../runtime/session.js";
import { quantizationTables, throughJpeg } from "./jpeg.js";

/** The inputs of a training step that hold the random handling of each image. */
const ROWS = "handling.rows";
const COLUMNS = "handling.columns";
const NOISE = "handling.noise";
const TABLES = "handling.tables";

const LINEAR: readonly HandlingKind[] = ["resize", "blur", "shift"];

const includes = (handlings: readonly Handling[], kinds: readonly HandlingKind[]): boolean =>
  handlings.some(({ kind }) => kinds.includes(kind));

/**
 * Adds the random handling of images to a training graph, and the inputs that decide it (`handlingFeeds`): resizing, blur and
 * shift, then noise, then JPEG. Called for restored and original images, it handles both in the same way.
 * @param side side of the images in pixels
 * @returns a function from images [batch, 3, side, side] in about [0, 1] to images of the same shape. It adds the handling of a
 * value once, however many recognizers read it.
 */
export function randomHandling(
  b: GraphBuilder,
  handlings: readonly Handling[],
  batch: number,
  side: number,
): (images: string) => string {
  const matrix = [batch, 1, side, side];
  const [rows, columns] = includes(handlings, LINEAR) ? [b.input(ROWS, matrix), b.input(COLUMNS, matrix)] : [];
  const noise = includes(handlings, ["noise"]) ? b.input(NOISE, [batch, 3, side, side]) : undefined;
  const tables = includes(handlings, ["jpeg"]) ? b.input(TABLES, [batch, 2, 8, 8]) : undefined;
  const handle = (images: string): string => {
    let x = images;
    if (rows && columns) x = b.MatMul(b.MatMul(rows, x), columns);
    if (noise) x = b.Add(x, noise);
    return tables ? throughJpeg(b, b.Clip(x, b.zero, b.one), tables, batch, side) : x;
  };
  const handled = new Map<string, string>();
  return (images) => {
    const known = handled.get(images) ?? handle(images);
    handled.set(images, known);
    return known;
  };
}

/** Separates this stream of random numbers from those of the loader. */
const STREAM = 0x68616e64;

/**
 * The inputs that decide the random handling of a step's images. They follow from the seed and the step alone. Each image gets each
 * handling, with a value from its range. Shifts go in any direction.
 */
export function handlingFeeds(
  handlings: readonly Handling[],
  { seed, step, batch, side }: { seed: number; step: number; batch: number; side: number },
): Tensors {
  const images = Array.from({ length: batch }, (_, i): DrawnImage => {
    const random = randomAt(seed, STREAM, step, i);
    return { random, values: drawn(handlings, random) };
  });
  return {
    ...(includes(handlings, LINEAR) && lineFeeds(images, side)),
    ...(includes(handlings, ["noise"]) && noiseFeeds(images, side)),
    ...(includes(handlings, ["jpeg"]) && jpegFeeds(images)),
  };
}

/** The values of an image's handlings, and the random numbers behind them. */
interface DrawnImage {
  readonly values: Values;
  readonly random: Random;
}

function lineFeeds(images: readonly DrawnImage[], side: number): Tensors {
  const area = side * side;
  const [rows, columns] = [new Float32Array(images.length * area), new Float32Array(images.length * area)];
  for (const [i, { values, random }] of images.entries()) {
    const { horizontal, vertical } = linesOf(values, side, random);
    writeMatrix(vertical, side, rows, i * area);
    writeTransposed(horizontal, side, columns, i * area);
  }
  const shape = [images.length, 1, side, side];
  return { [ROWS]: float32(rows, shape), [COLUMNS]: float32(columns, shape) };
}

function noiseFeeds(images: readonly DrawnImage[], side: number): Tensors {
  const length = 3 * side * side;
  const noise = new Float32Array(images.length * length);
  for (const [i, { values, random }] of images.entries()) {
    const sigma = values.noise as number;
    for (let j = i * length; j < (i + 1) * length; j++) noise[j] = sigma * random.normal();
  }
  return { [NOISE]: float32(noise, [images.length, 3, side, side]) };
}

function jpegFeeds(images: readonly DrawnImage[]): Tensors {
  const tables = new Float32Array(128 * images.length);
  for (const [i, { values }] of images.entries()) tables.set(quantizationTables(values.jpeg as number), 128 * i);
  return { [TABLES]: float32(tables, [images.length, 2, 8, 8]) };
}

/** The value of each of the run's handlings. */
type Values = Partial<Record<HandlingKind, number>>;

const drawn = (handlings: readonly Handling[], random: Random): Values =>
  Object.fromEntries(handlings.map(({ kind, value }) => [kind, draw(value, random)]));

/** The resizing, blur and shift of the lines of an image along both axes. */
function linesOf({ resize, blur, shift }: Values, side: number, random: Random) {
  let shared: LineOperator = shifting(0, side);
  if (resize !== undefined) {
    const reduced = reducedSide(side, resize);
    shared = composed(resizing(reduced, side, "bicubic"), resizing(side, reduced, "bicubic"), side);
  }
  if (blur !== undefined && blur > 0) {
    const kernel = gaussianKernel(blur, Math.ceil(4 * blur));
    shared = composed(foldedKernels(kernel, side, nearest), shared, side);
  }
  if (shift === undefined) return { horizontal: shared, vertical: shared };
  const [horizontal, vertical] = [0, 1].map(() => {
    const offset = shift * (2 * random.uniform() - 1);
    return composed(shifting(offset, side), shared, side);
  }) as [LineOperator, LineOperator];
  return { horizontal, vertical };
}

/** Shifts a line by `offset` pixels with bicubic interpolation; the pixels at its ends are repeated. */
function shifting(offset: number, side: number): LineOperator {
  const radius = Math.ceil(Math.abs(offset)) + 2;
  const kernel = Array.from({ length: 2 * radius + 1 }, (_, i) => cubic(Math.abs(i - radius + offset)));
  return foldedKernels(kernel, side, nearest);
}

function writeTransposed(operator: LineOperator, width: number, matrix: Float32Array, offset: number): void {
  for (const [i, { first, weights }] of operator.entries())
    for (const [j, weight] of weights.entries()) matrix[offset + (first + j) * width + i] = weight;
}
