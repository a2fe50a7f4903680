/// <reference lib="dom" />
import type { Pixels } from "./api.js";

/*
 * PNG (https://www.w3.org/TR/png-3/). Canvases encode it too, but they premultiply colors by alpha, which changes them.
 */

/** Rows that are filtered and compressed at once. */
const ROWS = 64;

/** Encodes pixels as PNG: RGBA, or RGB if all are opaque. */
export async function encodePng(pixels: Pixels): Promise<Blob> {
  const { width, height, data } = pixels;
  const channels = hasAlpha(data) ? 4 : 3;
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set([8, channels === 4 ? 6 : 2, 0, 0, 0], 8);
  const parts = [chunk("IHDR", header), ...(await compressedRows(pixels, channels)), chunk("IEND", new Uint8Array(0))];
  return new Blob([SIGNATURE, ...parts], { type: "image/png" });
}

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

function hasAlpha(data: Pixels["data"]): boolean {
  for (let i = 3; i < data.length; i += 4) if (data[i] !== 255) return true;
  return false;
}

/** The IDAT chunks. */
async function compressedRows(pixels: Pixels, channels: 3 | 4): Promise<Uint8Array<ArrayBuffer>[]> {
  let top = 0;
  const rows = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      if (top >= pixels.height) return controller.close();
      const count = Math.min(ROWS, pixels.height - top);
      controller.enqueue(filteredRows(pixels, channels, top, count));
      top += count;
    },
  });
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  const reader = rows.pipeThrough(new CompressionStream("deflate")).getReader();
  for (let read = await reader.read(); !read.done; read = await reader.read())
    chunks.push(chunk("IDAT", read.value as Uint8Array<ArrayBuffer>));
  return chunks;
}

/** Rows with the filter Paeth, which suits photographs; each begins with the number of the filter. */
function filteredRows({ width, data }: Pixels, channels: 3 | 4, top: number, count: number): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(count * (1 + channels * width));
  let to = 0;
  for (let y = top; y < top + count; y++) {
    out[to++] = 4;
    for (let x = 0; x < width; x++)
      for (let c = 0; c < channels; c++) {
        const at = 4 * (y * width + x) + c;
        const left = x > 0 ? (data[at - 4] as number) : 0;
        const up = y > 0 ? (data[at - 4 * width] as number) : 0;
        const corner = x > 0 && y > 0 ? (data[at - 4 * width - 4] as number) : 0;
        out[to++] = (data[at] as number) - paeth(left, up, corner);
      }
  }
  return out;
}

/** The one of three neighbors that is nearest to left + up - corner (PNG, section 9.4). */
export function paeth(left: number, up: number, corner: number): number {
  const [a, b, c] = [Math.abs(up - corner), Math.abs(left - corner), Math.abs(left + up - 2 * corner)];
  if (a <= b && a <= c) return left;
  return b <= c ? up : corner;
}

/** A chunk: length, type, content, checksum. */
function chunk(type: string, content: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(content.length + 12);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, content.length);
  for (let i = 0; i < 4; i++) bytes[4 + i] = type.charCodeAt(i);
  bytes.set(content, 8);
  view.setUint32(8 + content.length, crc32(bytes.subarray(4, 8 + content.length)));
  return bytes;
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c;
});

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (CRC_TABLE[(crc ^ byte) & 255] as number) ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}
