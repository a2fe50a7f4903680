/// <reference lib="dom" />
import { paeth } from "./encode-png.js";
import type { Rgba } from "./pixels.js";
import { inflated, pngChunks } from "./png-chunks.js";

/*
 * PNG files of 16 bits a channel (https://www.w3.org/TR/png-3/), which browsers reduce to 8 bits by leaving out the lower half.
 */

/**
 * Chunks whose meaning is left to the browser's decoder: color spaces that were not taken out before, a transparent color, an
 * orientation, an animation.
 */
const LEFT_TO_BROWSER = ["iCCP", "cICP", "gAMA", "cHRM", "tRNS", "eXIf", "acTL"];

/** The most pixels that are decoded here: 1 GiB with 16 bits a channel. */
const MOST_PIXELS = 2 ** 27;

/** Channels of the color types that can have 16 bits: gray, RGB, gray with alpha, RGBA. */
const CHANNELS: Readonly<Record<number, number>> = { 0: 1, 2: 3, 4: 2, 6: 4 };

/** The passes of an interlaced image (Adam7): first column and row, and the steps between columns and rows. */
const PASSES = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

interface Header {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly interlaced: boolean;
}

/** The pixels of a PNG of 16 bits a channel; undefined for other files, damaged ones, and ones that need more than decompression. */
export async function decodeDeepPng(file: Blob): Promise<Rgba | undefined> {
  const header = headerOf(new DataView(await file.slice(0, 33).arrayBuffer()));
  if (!header) return undefined;
  try {
    const parts = dataOf(new Uint8Array(await file.arrayBuffer()));
    return parts && pixelsFrom(await inflated(parts), header);
  } catch {
    return undefined;
  }
}

function headerOf(view: DataView): Header | undefined {
  if (view.byteLength < 33 || view.getUint32(0) !== 0x89504e47 || view.getUint8(24) !== 16) return undefined;
  const channels = CHANNELS[view.getUint8(25)];
  const [width, height] = [view.getUint32(16), view.getUint32(20)];
  if (channels === undefined || width * height > MOST_PIXELS) return undefined;
  return { width, height, channels, interlaced: view.getUint8(28) === 1 };
}

/** The contents of the IDAT chunks; undefined if the file has a chunk that is left to the browser. */
function dataOf(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer>[] | undefined {
  const chunks = [...pngChunks(bytes)];
  if (chunks.some(({ type }) => LEFT_TO_BROWSER.includes(type))) return undefined;
  return chunks.filter(({ type }) => type === "IDAT").map(({ data }) => data);
}

function pixelsFrom(rows: Uint8Array, header: Header): Rgba | undefined {
  const { width, height, channels, interlaced } = header;
  const data = new Uint16Array(4 * width * height);
  let from = 0;
  for (const [left, top, stepX, stepY] of interlaced ? PASSES : ([[0, 0, 1, 1]] as const)) {
    const [wide, high] = [Math.ceil((width - left) / stepX), Math.ceil((height - top) / stepY)];
    if (wide <= 0 || high <= 0) continue;
    const line = 2 * channels * wide;
    if (from + high * (line + 1) > rows.length) return undefined;
    for (let y = 0; y < high; y++) {
      const start = from + y * (line + 1) + 1;
      if (!unfilter(rows, start, line, 2 * channels, y > 0)) return undefined;
      for (let x = 0; x < wide; x++) {
        const to = 4 * ((top + y * stepY) * width + left + x * stepX);
        setPixel(data, to, rows, start + 2 * channels * x, channels);
      }
    }
    from += high * (line + 1);
  }
  return { width, height, channels: 4, data };
}

/** Undoes the filter of a row in place; the row above ends one byte before its filter. @returns whether the filter is known. */
function unfilter(rows: Uint8Array, start: number, line: number, pixel: number, hasUp: boolean): boolean {
  const filter = rows[start - 1] as number;
  if (filter > 4) return false;
  for (let i = 0; i < line; i++) {
    const at = start + i;
    const left = i >= pixel ? (rows[at - pixel] as number) : 0;
    const up = hasUp ? (rows[at - line - 1] as number) : 0;
    const corner = hasUp && i >= pixel ? (rows[at - line - 1 - pixel] as number) : 0;
    const predicted = [0, left, up, (left + up) >> 1, filter === 4 ? paeth(left, up, corner) : 0][filter] as number;
    rows[at] = (rows[at] as number) + predicted;
  }
  return true;
}

/** Writes a pixel of gray or RGB, with or without alpha, as RGBA. */
function setPixel(data: Uint16Array, to: number, rows: Uint8Array, from: number, channels: number): void {
  const value = (channel: number): number =>
    ((rows[from + 2 * channel] as number) << 8) | (rows[from + 2 * channel + 1] as number);
  const isGray = channels < 3;
  for (let c = 0; c < 3; c++) data[to + c] = value(isGray ? 0 : c);
  data[to + 3] = channels % 2 === 0 ? value(channels - 1) : 65535;
}
