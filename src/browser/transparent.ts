import { REACH } from "../enhancement/alpha.js";
import type { Raster } from "../enhancement/raster.js";
import type { Rgba } from "./pixels.js";

/*
 * The colors that `fillTransparent` of enhancement/ gives transparent pixels, without sharp: libvips' resize to blocks of 8 x 8
 * pixels (box filter, then Lanczos) and its bilinear enlargement, both premultiplied, with the fixed-point numbers of libvips.
 */

/** Values of 4 channels, premultiplied, row by row. */
interface Premultiplied {
  readonly width: number;
  readonly height: number;
  readonly data: Raster["data"];
}

/** Bits behind the point of libvips' weights, and steps between two positions for which it has weights. */
const [ONE, STEPS] = [4096, 64];

/** Replaces the colors of transparent pixels by nearby visible ones, in the memory of the raster. */
export function fillTransparent(raster: Rgba): void {
  const { width, height, data } = raster;
  const white = data instanceof Uint16Array ? 65535 : 255;
  const tall = reduced(premultiplied(raster, white), "y", Math.ceil(height / REACH), white);
  const blocks = unpremultiplied(reduced(tall, "x", Math.ceil(width / REACH), white), white);
  const colors = premultiplied(blocks, white);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const at = 4 * (y * width + x);
      if (data[at + 3] !== 0) continue;
      const color = colorAt(colors, x / (width / blocks.width), y / (height / blocks.height));
      const factor = color[3] === 0 ? 0 : Math.fround(white / color[3]);
      for (let c = 0; c < 3; c++) data[at + c] = clipped(Math.fround(factor * (color[c] as number)), white);
    }
}

/** A value without its fraction, at most white. */
const clipped = (value: number, white: number): number => Math.min(Math.max(Math.trunc(value), 0), white);

/** An empty array of the same type. */
const arrayLike = (data: Raster["data"], length: number): Raster["data"] =>
  data instanceof Uint16Array ? new Uint16Array(length) : new Uint8Array(length);

function premultiplied({ width, height, data }: Premultiplied, white: number): Premultiplied {
  const result = data.slice();
  for (let i = 0; i < data.length; i += 4)
    for (let c = i; c < i + 3; c++)
      result[c] = Math.trunc(Math.fround(Math.fround((data[c] as number) * (data[i + 3] as number)) / white));
  return { width, height, data: result };
}

function unpremultiplied({ width, height, data }: Premultiplied, white: number): Premultiplied {
  const result = data.slice();
  for (let i = 0; i < data.length; i += 4) {
    const factor = data[i + 3] === 0 ? 0 : Math.fround(white / (data[i + 3] as number));
    for (let c = i; c < i + 3; c++) result[c] = clipped(Math.fround(factor * (data[c] as number)), white);
  }
  return { width, height, data: result };
}

type Axis = "x" | "y";

/** An image reduced along an axis: by means of whole numbers of pixels, then by Lanczos with a factor of about 2. */
function reduced(source: Premultiplied, axis: Axis, length: number, white: number): Premultiplied {
  const from = axis === "x" ? source.width : source.height;
  const factor = from / length;
  if (factor <= 1) return source;
  const count = Math.floor(factor / 2);
  const shrunk = count > 1 ? means(source, axis, Math.ceil(from / count), count, white) : source;
  return lanczos(shrunk, axis, length, count > 1 ? factor / count : factor, white);
}

/** Each value is the mean of `count` values. */
function means(source: Premultiplied, axis: Axis, length: number, count: number, white: number): Premultiplied {
  const half = count >> 1;
  // libvips divides bytes by a multiplication.
  const multiplier = Math.floor(2 ** 32 / (256 * count));
  const mean = (sum: number): number =>
    white === 255 ? Math.floor((sum * multiplier) / 2 ** 24) : Math.floor(sum / count);
  return along(source, axis, length, (at, i) => {
    let sum = half;
    for (let k = i * count; k < (i + 1) * count; k++) sum += at(k);
    return mean(sum);
  });
}

function lanczos(source: Premultiplied, axis: Axis, length: number, factor: number, white: number): Premultiplied {
  const points = 2 * Math.round(3 * factor) + 1;
  const first = Math.ceil(points / 2) - 1;
  const tables = Array.from({ length: STEPS + 1 }, (_, step) => weightsOf(points, step / STEPS, factor));
  return along(source, axis, length, (at, i) => {
    const position = (i + 0.5) * factor;
    const start = Math.floor(position) - first;
    const weights = tables[((Math.floor(position * 2 * STEPS) & (2 * STEPS - 1)) + 1) >> 1] as readonly number[];
    let sum = ONE / 2;
    for (let k = 0; k < points; k++) sum += (weights[k] as number) * at(start + k);
    return Math.min(Math.max(Math.floor(sum / ONE), 0), white);
  });
}

/** Lanczos weights in units of 1 / 4096, without their fractions. */
function weightsOf(points: number, offset: number, factor: number): number[] {
  const sinc = (x: number): number => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));
  const weights = Array.from({ length: points }, (_, i) => {
    const x = (i - offset - points / 2 + 1) / factor;
    return Math.abs(x) < 3 ? sinc(x) * sinc(x / 3) : 0;
  });
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => Math.trunc((weight / sum) * ONE));
}

/** Computes each value of an axis of `length` pixels from those of a line, whose ends are repeated. */
function along(
  { width, height, data }: Premultiplied,
  axis: Axis,
  length: number,
  value: (at: (position: number) => number, i: number) => number,
): Premultiplied {
  const [wide, high] = axis === "x" ? [length, height] : [width, length];
  const [lines, last, step] = axis === "x" ? [height, width - 1, 4] : [width, height - 1, 4 * width];
  const result = arrayLike(data, 4 * wide * high);
  for (let line = 0; line < lines; line++)
    for (let channel = 0; channel < 4; channel++) {
      const start = (axis === "x" ? 4 * width * line : 4 * line) + channel;
      const at = (position: number): number => data[start + step * Math.min(Math.max(position, 0), last)] as number;
      for (let i = 0; i < length; i++)
        result[4 * (axis === "x" ? line * wide + i : i * wide + line) + channel] = value(at, i);
    }
  return { width: wide, height: high, data: result };
}

/** The premultiplied color at a position between blocks, bilinear; positions count from the corner of the image. */
function colorAt({ width, height, data }: Premultiplied, x: number, y: number): [number, number, number, number] {
  const [left, top] = [Math.floor(x - 0.5), Math.floor(y - 0.5)];
  const [right, lower] = [Math.trunc((x - 0.5 - left) * ONE), Math.trunc((y - 0.5 - top) * ONE)];
  const both = (lower * right) >> 12;
  const rightOnly = ((ONE - lower) * right) >> 12;
  const at = (column: number, row: number): number =>
    4 * (Math.min(Math.max(row, 0), height - 1) * width + Math.min(Math.max(column, 0), width - 1));
  const corners = [at(left, top), at(left + 1, top), at(left, top + 1), at(left + 1, top + 1)];
  const weights = [ONE - lower - rightOnly, rightOnly, lower - both, both];
  const channel = (c: number): number => {
    let sum = ONE / 2;
    for (let k = 0; k < 4; k++) sum += (weights[k] as number) * (data[(corners[k] as number) + c] as number);
    return Math.floor(sum / ONE);
  };
  return [channel(0), channel(1), channel(2), channel(3)];
}
