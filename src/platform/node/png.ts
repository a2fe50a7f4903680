import { crc32 } from "node:zlib";
import { type PngColor, statedColor } from "../../images/png-color.js";

/** A chunk of a PNG file. */
export interface PngChunk {
  readonly type: string;
  /** Where its length field begins in the file. */
  readonly start: number;
  /** Number of bytes of its data. */
  readonly length: number;
  /** Whether the file contains all of it, with its checksum. */
  readonly whole: boolean;
}

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

export const isPng = (content: Buffer): boolean => content.subarray(0, 8).equals(SIGNATURE);

/** The chunks of a PNG file up to IEND, or to where the file ends. Reference: PNG, third edition, section 5. */
export function pngChunks(content: Buffer): PngChunk[] {
  const chunks: PngChunk[] = [];
  for (let start = SIGNATURE.length; start + 8 <= content.length; ) {
    const length = content.readUInt32BE(start);
    const type = content.toString("latin1", start + 4, start + 8);
    const end = start + 12 + length;
    chunks.push({ type, start, length, whole: end <= content.length });
    if (type === "IEND") break;
    start = end;
  }
  return chunks;
}

/** The color space that a PNG file states without an ICC profile; undefined for other files, and as `statedColor`. */
export function pngColor(content: Buffer): PngColor | undefined {
  if (!isPng(content)) return undefined;
  const chunks = pngChunks(content);
  return statedColor((name) => {
    const chunk = chunks.find(({ type, whole }) => type === name && whole);
    return chunk && content.subarray(chunk.start + 8, chunk.start + 8 + chunk.length);
  });
}

/** The file with its EXIF block before the image data, where libvips reads the orientation. ImageMagick writes it behind them. */
export function withExifFirst(content: Buffer): Buffer {
  const chunks = pngChunks(content);
  const [image, exif] = ["IDAT", "eXIf"].map((name) => chunks.findIndex(({ type, whole }) => type === name && whole));
  const block = chunks[exif as number];
  if (!block || (image as number) < 0 || (exif as number) < (image as number)) return content;
  const [start, end] = [block.start, block.start + 12 + block.length];
  const head = SIGNATURE.length + 12 + (chunks[0]?.length ?? 0);
  return Buffer.concat([
    content.subarray(0, head),
    content.subarray(start, end),
    content.subarray(head, start),
    content.subarray(end),
  ]);
}

/** A chunk with its length and its checksum. */
export function pngChunk(type: string, data: Uint8Array): Buffer {
  const chunk = Buffer.alloc(12 + data.length);
  chunk.writeUInt32BE(data.length, 0);
  chunk.write(type, 4, "latin1");
  chunk.set(data, 8);
  chunk.writeUInt32BE(crc32(chunk.subarray(4, -4)), 8 + data.length);
  return chunk;
}

/** How many images a PNG has: more than 1 if it is animated. The image that other programs show need not be a frame. */
export function pngFrames(content: Buffer, chunks: readonly PngChunk[]): number {
  const control = chunks.find(({ type }) => type === "acTL");
  if (!control?.whole || control.length < 8) return 1;
  const [firstFrame, imageData] = ["fcTL", "IDAT"].map((name) => chunks.findIndex(({ type }) => type === name));
  const isApart = (firstFrame as number) > (imageData as number);
  return content.readUInt32BE(control.start + 8) + (isApart ? 1 : 0);
}

/**
 * The file with its last image data chunk closed and an end, where they were cut off; undefined where no image data have
 * begun or the file has its end. A decoder accepts the result only if the image data are complete.
 */
export function withPngEnd(content: Buffer, chunks: readonly PngChunk[]): Buffer | undefined {
  const last = chunks.at(-1);
  if (!last || last.type === "IEND" || !chunks.some(({ type }) => type === "IDAT")) return undefined;
  const head = content.subarray(0, last.whole ? last.start + 12 + last.length : last.start);
  const rest =
    !last.whole && last.type === "IDAT"
      ? [pngChunk("IDAT", content.subarray(last.start + 8).subarray(0, last.length))]
      : [];
  return Buffer.concat([head, ...rest, pngChunk("IEND", new Uint8Array())]);
}
