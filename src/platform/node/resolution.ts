import type { Metadata } from "sharp";
import { isJpeg } from "./jpeg.js";
import { isPng, pngChunk, pngChunks } from "./png.js";
import { type RawEntry, TAG, type TiffDirectory, tiffDirectories } from "./tiff.js";

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
function exifDirectory(exif: Buffer): TiffDirectory | undefined {
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

/** The chunk pHYs of a PNG. */
export function physicalChunk({ x, y }: Resolution): Buffer {
  const data = Buffer.alloc(9);
  data.writeUInt32BE(Math.min(Math.round(x / METERS_PER_INCH), 2 ** 31 - 1), 0);
  data.writeUInt32BE(Math.min(Math.round(y / METERS_PER_INCH), 2 ** 31 - 1), 4);
  data[8] = 1;
  return pngChunk("pHYs", data);
}

/** The segment with the JFIF header of a JPEG; undefined where the header cannot hold the resolution. */
export function jfifHeader(resolution: Resolution): Buffer | undefined {
  const [x, y] = [Math.round(resolution.x), Math.round(resolution.y)];
  if (Math.min(x, y) < 1 || Math.max(x, y) > 65535) return undefined;
  const file = Buffer.from("\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\x01\0\0\0\0\0\0", "latin1");
  file.writeUInt16BE(x, JFIF.x);
  file.writeUInt16BE(y, JFIF.y);
  return file.subarray(2);
}

/** The tags of a resolution in an EXIF block. */
export function resolutionEntries({ x, y }: Resolution, littleEndian: boolean): Map<number, RawEntry> {
  const fraction = (value: number): RawEntry => {
    const data = Buffer.alloc(8);
    for (const [i, part] of fractionOf(value).entries())
      if (littleEndian) data.writeUInt32LE(part, 4 * i);
      else data.writeUInt32BE(part, 4 * i);
    return { type: 5, count: 1, data };
  };
  return new Map([
    [TAG.xResolution, fraction(x)],
    [TAG.yResolution, fraction(y)],
    [TAG.resolutionUnit, { type: 3, count: 1, data: Buffer.from(littleEndian ? [INCH, 0] : [0, INCH]) }],
  ]);
}

/** Numerator and denominator. */
function fractionOf(value: number): [numerator: number, denominator: number] {
  const parts = value < 4e6 ? 1000 : 1;
  return [Math.min(Math.round(value * parts), 2 ** 32 - 1), parts];
}

/**
 * Sets the resolution of an encoded TIFF file in place: libvips writes one of 25.4 where none is known, and the same along
 * both axes. TIFF requires the tags. Without a unit they state the shape of a pixel: square.
 */
export function setResolution(encoded: Buffer, resolution: Resolution | undefined): void {
  const directory = tiffDirectories(encoded)[0];
  const littleEndian = encoded[0] === 0x49;
  const write = (tag: number, value: number, bytes: 2 | 4, at = 0) => {
    const offset = directory?.offsetOf(tag);
    if (offset === undefined) return;
    if (littleEndian) encoded.writeUIntLE(value, offset + at, bytes);
    else encoded.writeUIntBE(value, offset + at, bytes);
  };
  const writeFraction = (tag: number, value: number) => {
    for (const [i, part] of fractionOf(value).entries()) write(tag, part, 4, 4 * i);
  };
  writeFraction(TAG.xResolution, resolution?.x ?? 1);
  writeFraction(TAG.yResolution, resolution?.y ?? 1);
  write(TAG.resolutionUnit, resolution ? INCH : NO_UNIT, 2);
}
