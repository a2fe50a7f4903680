import type { Metadata, Sharp } from "sharp";
import { isJpeg } from "./jpeg.js";
import { isPng, pngChunk, pngChunks } from "./png.js";
import { isTiff, TAG, type TiffDirectory, tiffDirectories } from "./tiff.js";

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
  const header = exif.toString("latin1", 0, 6) === "Exif\0\0" ? 6 : 0;
  return tiffDirectories(exif.subarray(header))[0];
}

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

/** Has a WebP pipeline write the resolution, as EXIF. */
export const withExifResolution = (pipeline: Sharp, { x, y }: Resolution): Sharp =>
  pipeline.withExif({ IFD0: { XResolution: fraction(x), YResolution: fraction(y), ResolutionUnit: String(INCH) } });

const fraction = (value: number): string => `${Math.round(value * 1000)}/1000`;

/**
 * Sets the resolution of an encoded PNG, JPEG or TIFF file to that given, or removes it: libvips would write one of 25.4 or
 * 72 where none is known, and the same along both axes.
 */
export function withResolution(encoded: Buffer, resolution: Resolution | undefined): Buffer {
  if (isPng(encoded)) return withPhysicalChunk(encoded, resolution);
  if (isJpeg(encoded)) return withJfif(encoded, resolution);
  if (isTiff(encoded)) return withTags(encoded, resolution);
  return encoded;
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

function withJfif(encoded: Buffer, resolution: Resolution | undefined): Buffer {
  if (!hasJfif(encoded)) return encoded;
  const [x, y] = [Math.round(resolution?.x ?? 0), Math.round(resolution?.y ?? 0)];
  const fits = Math.min(x, y) >= 1 && Math.max(x, y) <= 65535;
  const result = Buffer.from(encoded);
  result[JFIF.unit] = fits ? 1 : 0;
  result.writeUInt16BE(fits ? x : 1, JFIF.x);
  result.writeUInt16BE(fits ? y : 1, JFIF.y);
  return result;
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
  const { x, y } = resolution ?? { x: 1, y: 1 };
  for (const [tag, value] of [
    [TAG.xResolution, x],
    [TAG.yResolution, y],
  ] as const) {
    const parts = value < 4e6 ? 1000 : 1;
    write(tag, Math.min(Math.round(value * parts), 2 ** 32 - 1), 4);
    write(tag, parts, 4, 4);
  }
  write(TAG.resolutionUnit, resolution ? INCH : NO_UNIT, 2);
  return result;
}
