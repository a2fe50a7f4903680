import type { Metadata } from "sharp";
import { isJpeg } from "./jpeg.js";
import { isPng, pngChunk, pngChunks } from "./png.js";
import { isTiff, TAG, type TiffDirectory, tiffDirectories } from "./tiff.js";
import { isWebp, webpChunks } from "./webp.js";

/** Dots per inch along both axes. */
export interface Resolution {
  readonly x: number;
  readonly y: number;
}

const METERS_PER_INCH = 0.0254;
/** Values of ResolutionUnit. */
const [NO_UNIT, INCH, CENTIMETER] = [1, 2, 3];

/**
 * The resolution that a file states, along the axes of the upright image: in the JFIF header of a JPEG, in the chunk pHYs of a
 * PNG, in the tags of a TIFF, otherwise in EXIF. Undefined if it states none, or only the shape of a pixel.
 */
export function resolutionOf(content: Buffer, { exif, orientation = 1 }: Metadata): Resolution | undefined {
  const found = isJpeg(content)
    ? jfifResolution(content)
    : isPng(content)
      ? physicalResolution(content)
      : tagResolution(tiffDirectories(content)[0]);
  const resolution = found ?? tagResolution(exif && exifDirectory(exif));
  if (!resolution || ![resolution.x, resolution.y].every((value) => Number.isFinite(value) && value > 0))
    return undefined;
  const isOnItsSide = orientation >= 5;
  return isOnItsSide ? { x: resolution.y, y: resolution.x } : resolution;
}

/** The main directory of an EXIF block, with or without its header. */
export function exifDirectory(exif: Buffer): TiffDirectory | undefined {
  return tiffDirectories(exif.subarray(exifHeader(exif)))[0];
}

/** The length of the header before the directory. */
const exifHeader = (exif: Buffer): number => (exif.toString("latin1", 0, 6) === "Exif\0\0" ? 6 : 0);

/** Where the fields of a JFIF header begin that follows the start of the image. */
const JFIF = { name: 6, unit: 13, x: 14, y: 16 } as const;

const hasJfif = (content: Buffer): boolean => content.toString("latin1", JFIF.name, JFIF.name + 5) === "JFIF\0";

function jfifResolution(content: Buffer): Resolution | undefined {
  const unit = hasJfif(content) ? content[JFIF.unit] : 0;
  if (unit !== 1 && unit !== 2) return undefined;
  const perInch = unit === 1 ? 1 : 2.54;
  return { x: content.readUInt16BE(JFIF.x) * perInch, y: content.readUInt16BE(JFIF.y) * perInch };
}

function physicalResolution(content: Buffer): Resolution | undefined {
  const chunk = pngChunks(content).find(({ type }) => type === "pHYs");
  if (!chunk?.whole || chunk.length !== 9 || content[chunk.start + 16] !== 1) return undefined;
  const [x, y] = [content.readUInt32BE(chunk.start + 8), content.readUInt32BE(chunk.start + 12)];
  return { x: x * METERS_PER_INCH, y: y * METERS_PER_INCH };
}

function tagResolution(directory: TiffDirectory | undefined): Resolution | undefined {
  const [x, y] = [directory?.number(TAG.xResolution), directory?.number(TAG.yResolution)];
  const unit = directory?.number(TAG.resolutionUnit) ?? INCH;
  if (x === undefined || y === undefined || (unit !== INCH && unit !== CENTIMETER)) return undefined;
  const perInch = unit === INCH ? 1 : 2.54;
  return { x: x * perInch, y: y * perInch };
}

/**
 * Sets the resolution of an encoded file to that given, or removes it: libvips would write one of 25.4 or 72 where none is
 * known, and the same along both axes. In a WebP file only an EXIF block that is already there is changed.
 */
export function withResolution(encoded: Buffer, resolution: Resolution | undefined): Buffer {
  if (isPng(encoded)) return withPhysicalChunk(encoded, resolution);
  if (isJpeg(encoded)) return resolution ? withJfif(encoded, resolution) : encoded;
  if (isTiff(encoded)) return withTags(encoded, resolution);
  return isWebp(encoded) && resolution ? withExif(encoded, resolution) : encoded;
}

function withPhysicalChunk(encoded: Buffer, resolution: Resolution | undefined): Buffer {
  const kept = pngChunks(encoded)
    .filter(({ type }) => type !== "pHYs")
    .map(({ start, length }) => encoded.subarray(start, start + 12 + length));
  const data = Buffer.alloc(9);
  if (resolution) {
    data.writeUInt32BE(Math.min(Math.round(resolution.x / METERS_PER_INCH), 2 ** 31 - 1), 0);
    data.writeUInt32BE(Math.min(Math.round(resolution.y / METERS_PER_INCH), 2 ** 31 - 1), 4);
    data[8] = 1;
    kept.splice(1, 0, pngChunk("pHYs", data)); // after IHDR
  }
  return Buffer.concat([encoded.subarray(0, 8), ...kept]);
}

/** Inserts a JFIF header, which libvips does not write; it replaces one that is there. */
function withJfif(encoded: Buffer, resolution: Resolution): Buffer {
  const [x, y] = [Math.round(resolution.x), Math.round(resolution.y)];
  if (Math.min(x, y) < 1 || Math.max(x, y) > 65535) return encoded;
  const header = Buffer.from("\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\x01\0\0\0\0\0\0", "latin1");
  header.writeUInt16BE(x, JFIF.x);
  header.writeUInt16BE(y, JFIF.y);
  return Buffer.concat([header, encoded.subarray(hasJfif(encoded) ? 4 + encoded.readUInt16BE(4) : 2)]);
}

/** TIFF requires the tags. Without a unit they state the shape of a pixel: square. */
function withTags(encoded: Buffer, resolution: Resolution | undefined): Buffer {
  const directory = tiffDirectories(encoded)[0];
  const result = Buffer.from(encoded);
  const littleEndian = encoded[0] === 0x49;
  const write = (tag: number, value: number, bytes: 2 | 4, at = 0) => {
    const offset = directory?.offsetOf(tag);
    if (offset === undefined) return;
    if (littleEndian) result.writeUIntLE(value, offset + at, bytes);
    else result.writeUIntBE(value, offset + at, bytes);
  };
  const writeFraction = (tag: number, value: number) => {
    const parts = value < 4e6 ? 1000 : 1;
    write(tag, Math.min(Math.round(value * parts), 2 ** 32 - 1), 4);
    write(tag, parts, 4, 4);
  };
  writeFraction(TAG.xResolution, resolution?.x ?? 1);
  writeFraction(TAG.yResolution, resolution?.y ?? 1);
  write(TAG.resolutionUnit, resolution ? INCH : NO_UNIT, 2);
  return result;
}

function withExif(encoded: Buffer, resolution: Resolution): Buffer {
  const chunk = webpChunks(encoded).find(({ type }) => type === "EXIF");
  if (!chunk) return encoded;
  const start = chunk.start + exifHeader(encoded.subarray(chunk.start));
  const end = chunk.start + chunk.length;
  return Buffer.concat([
    encoded.subarray(0, start),
    withTags(encoded.subarray(start, end), resolution),
    encoded.subarray(end),
  ]);
}
