import { inflateSync } from "node:zlib";
import { isPng, type PngChunk, pngChunks } from "./png.js";

/** The samples of a PNG file with one channel: indices into its palette, or levels of gray. */
export interface IndexedPng {
  readonly width: number;
  readonly height: number;
  /** One byte for each pixel, row by row. */
  readonly data: Uint8Array;
}

/** Color types of the PNG specification (ISO/IEC 15948), sec. 11.2.2. */
const [GRAY, INDEXED] = [0, 3];

/** The most pixels of a file. */
const MOST_PIXELS = 2 ** 28;

/**
 * Reads the samples of a gray or indexed PNG file as they are stored; the decoders of images replace indices by colors.
 * @throws Error when it is no PNG file, has several channels, 16 bits or is interlaced, or is damaged.
 */
export function readIndexedPng(content: Buffer): IndexedPng {
  if (!isPng(content)) throw new Error("it is no PNG file");
  const chunks = pngChunks(content);
  const dataOf = ({ start, length }: PngChunk) => content.subarray(start + 8, start + 8 + length);
  const first = chunks.find(({ type }) => type === "IHDR");
  const header = first && dataOf(first);
  if (!header || header.length < 13) throw new Error("it is damaged: it has no header");
  const [width, height, depth, color] = [header.readUInt32BE(0), header.readUInt32BE(4), header[8] ?? 0, header[9]];
  if (color !== GRAY && color !== INDEXED)
    throw new Error("it has several channels; expected an indexed or gray PNG file");
  if (depth > 8) throw new Error("it has 16 bits a channel; expected 8 or fewer");
  if (header[12] !== 0) throw new Error("it is interlaced; save it without");
  if (width === 0 || height === 0 || width * height > MOST_PIXELS) throw new Error(`it has ${width}x${height} pixels`);
  const stride = Math.ceil((width * depth) / 8);
  const stored = Buffer.concat(chunks.filter(({ type }) => type === "IDAT").map(dataOf));
  const rows = inflateSync(stored, { maxOutputLength: height * (stride + 1) });
  if (rows.length < height * (stride + 1)) throw new Error("it is truncated");
  return { width, height, data: samplesOf(unfiltered(rows, height, stride), { width, height, depth, stride }) };
}

/** The value that a filter predicts from the samples to the left, above, and above that to the left (sec. 9.2). */
const predictions: readonly ((left: number, above: number, corner: number) => number)[] = [
  () => 0,
  (left) => left,
  (_, above) => above,
  (left, above) => (left + above) >> 1,
  paeth,
];

/** Undoes the filters of rows of one byte per sample or less. The first byte of each row is the filter. */
function unfiltered(rows: Buffer, height: number, stride: number): Uint8Array {
  const plain = new Uint8Array(height * stride);
  for (let y = 0; y < height; y++) {
    const start = y * (stride + 1);
    const predict = predictions[rows[start] as number];
    if (!predict) throw new Error("it is damaged: a row has an unknown filter");
    for (let x = 0; x < stride; x++) {
      const at = y * stride + x;
      const left = x > 0 ? (plain[at - 1] as number) : 0;
      const above = y > 0 ? (plain[at - stride] as number) : 0;
      const corner = x > 0 && y > 0 ? (plain[at - stride - 1] as number) : 0;
      plain[at] = (rows[start + 1 + x] as number) + predict(left, above, corner);
    }
  }
  return plain;
}

function paeth(left: number, above: number, corner: number): number {
  const [a, b, c] = [Math.abs(above - corner), Math.abs(left - corner), Math.abs(left + above - 2 * corner)];
  if (a <= b && a <= c) return left;
  return b <= c ? above : corner;
}

/** Unpacks samples of `depth` bits; the first one is in the high bits. */
function samplesOf(
  rows: Uint8Array,
  { width, height, depth, stride }: { width: number; height: number; depth: number; stride: number },
): Uint8Array {
  if (depth === 8) return rows;
  const samples = new Uint8Array(width * height);
  const perByte = 8 / depth;
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const byte = rows[y * stride + Math.floor(x / perByte)] as number;
      samples[y * width + x] = (byte >> (8 - depth * ((x % perByte) + 1))) & ((1 << depth) - 1);
    }
  return samples;
}
