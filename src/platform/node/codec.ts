import { writeFile } from "node:fs/promises";
import { extname } from "node:path";
import sharp, { type Sharp } from "sharp";
import { messageOf, UserError } from "../../errors.js";
import type { Image } from "../../images/image.js";
import { reasonOf } from "./decoder-errors.js";
import { readRegular, writeWhole } from "./files.js";
import { embed } from "./metadata/embed.js";
import type { Embedded } from "./metadata/embedded.js";
import { openImage } from "./open-image.js";
import { decodeTolerantly } from "./tolerant.js";

/** Options of `decodeImage`. */
export interface DecodeOptions {
  /** What to call an image in errors that is given by its content. Default: the image. */
  readonly name?: string;
  /** Called when the file was decoded although its end marker is missing or its decoder warns of damaged data. */
  onFlaw?(flaw: string): void;
}

/**
 * Decodes a JPEG, PNG, WebP, TIFF, GIF or AVIF file, or its content, to 8-bit sRGB: rotated upright by its EXIF orientation,
 * color profiles and CMYK converted, gray repeated in three channels, more bits reduced to 8, alpha composited over white.
 * @throws UserError when the file is missing, empty, truncated or no image, holds several images, or has samples whose
 * meaning is not defined (`docs/data.md`).
 */
export async function decodeImage(source: string | Buffer, options: DecodeOptions = {}): Promise<Image> {
  const name = typeof source === "string" ? source : (options.name ?? "the image");
  const content = typeof source === "string" ? await readImageFile(source) : source;
  return decodePixels(name, content, options, (pipeline) => pipeline);
}

/**
 * Decodes likewise, with the shorter side reduced to `size` pixels (bicubic) by libvips, in less than half the time of
 * `decodeImage` and `shrinkShorterSide`. The result is the same within one or two levels if the longer side is a whole number
 * of pixels too; otherwise that side is rounded, which shifts pixels by a fraction. A smaller image keeps its size.
 * @throws UserError as `decodeImage` does.
 */
export async function decodeShrunk(path: string, size: number, options: DecodeOptions = {}): Promise<Image> {
  const content = await readImageFile(path);
  const outside = { fit: "outside", withoutEnlargement: true, kernel: "cubic", fastShrinkOnLoad: false } as const;
  return decodePixels(path, content, options, (pipeline) => pipeline.resize(size, size, outside));
}

/**
 * The size that an image file is decoded to, from its header.
 * @throws UserError when it is missing or not an image.
 */
export async function decodedSize(path: string): Promise<{ readonly width: number; readonly height: number }> {
  const content = await readImageFile(path);
  return decoding(path, async () => {
    const { autoOrient } = await (await openImage(content, "error", 8)).metadata();
    return { width: autoOrient.width, height: autoOrient.height };
  });
}

/** The pixels of a file over white, after `transform`. */
function decodePixels(
  name: string,
  content: Buffer,
  { onFlaw }: DecodeOptions,
  transform: (pipeline: Sharp) => Sharp,
): Promise<Image> {
  return decoding(name, async () => {
    const { value, flaw } = await decodeTolerantly(content, async (bytes, failOn) =>
      pixelsOf(transform((await openImage(bytes, failOn, 8)).pipeline)),
    );
    if (flaw !== undefined) onFlaw?.(flaw);
    return value;
  });
}

async function pixelsOf(pipeline: Sharp): Promise<Image> {
  const { data, info } = await pipeline.flatten({ background: "white" }).raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data: new Uint8Array(data.buffer, data.byteOffset, data.length) };
}

/** The most bytes of an image file, because it is held in memory beside its pixels. */
export const LARGEST_FILE = 2 ** 30;

/**
 * The bytes of an image file.
 * @throws UserError when it is missing, unreadable or empty.
 */
export async function readImageFile(path: string): Promise<Buffer> {
  let content: Buffer;
  try {
    content = await readRegular(path, LARGEST_FILE);
  } catch (error) {
    throw new UserError(`cannot read ${path}: ${messageOf(error)}`);
  }
  if (content.length === 0) throw new UserError(`cannot read ${path}: the file is empty`);
  return content;
}

/** Turns a failure of `decode` into a UserError that names the image. */
export async function decoding<T>(name: string, decode: () => Promise<T>): Promise<T> {
  try {
    return await decode();
  } catch (error) {
    throw new UserError(`cannot decode ${name}: ${reasonOf(error)}`, { cause: error });
  }
}

/**
 * Encodes a JPEG of a quality from 1 to 100 with chroma at half the resolution (4:2:0), with libjpeg's tables, as Pillow's
 * `save(quality=…)` does.
 */
export const encodeJpeg = (image: Image, quality: number): Promise<Buffer> =>
  sharpOf(image).jpeg({ quality, chromaSubsampling: "4:2:0" }).toBuffer();

/** A pipeline that reads the image. */
const sharpOf = ({ width, height, data }: Image): Sharp =>
  sharp(data, { raw: { width, height, channels: 3 }, limitInputPixels: false });

type Encoder = (pipeline: Sharp, quality: number) => Sharp;

/** `optimiseCoding` would save a few percent and hold all coefficients: over 1 GB for 100 megapixels. */
const jpeg: Encoder = (pipeline, quality) =>
  pipeline.flatten({ background: "white" }).jpeg({ quality, chromaSubsampling: "4:4:4", optimiseCoding: false });
const tiff: Encoder = (pipeline) => pipeline.tiff({ compression: "deflate", predictor: "horizontal" });

const encoders: Record<string, Encoder> = {
  ".png": (pipeline) => pipeline.png(),
  ".jpg": jpeg,
  ".jpeg": jpeg,
  ".jpe": jpeg,
  ".jfif": jpeg,
  ".webp": (pipeline, quality) => pipeline.webp({ quality }),
  ".tif": tiff,
  ".tiff": tiff,
};

/** The extensions of the formats that Legible writes. */
export const encodedExtensions: readonly string[] = Object.keys(encoders);

/** Whether Legible writes the format of the path's extension: PNG, JPEG, WebP, TIFF. */
export const canEncode = (path: string): boolean => extname(path).toLowerCase() in encoders;

/** How the output of a pipeline is encoded. */
export interface PipelineEncoding {
  /** What the file gets beside its pixels. Default: nothing. */
  readonly embedded?: Embedded | undefined;
  /** Of JPEG and WebP, 1 to 100. Default: 95. */
  readonly quality?: number | undefined;
}

/**
 * Encodes the output of a pipeline in the format of the path's extension. PNG and TIFF are lossless. JPEG has no alpha:
 * transparent pixels become white.
 * @throws UserError when Legible does not write the format of the extension.
 */
export function encodePipeline(
  path: string,
  pipeline: Sharp,
  { embedded = {}, quality = 95 }: PipelineEncoding = {},
): Promise<Buffer> {
  const extension = extname(path).toLowerCase();
  requireEncodable(path);
  return (encoders[extension] as Encoder)(pipeline, quality)
    .toBuffer()
    .then((encoded) => embed(encoded, embedded));
}

/** @throws UserError when Legible does not write the format of the path's extension. */
export function requireEncodable(path: string): void {
  if (!canEncode(path))
    throw new UserError(`cannot write ${path}: its name must end in ${encodedExtensions.join(", ")}`);
}

/**
 * Encodes an image in the format of the path's extension. Nothing is written.
 * @throws UserError when the extension is unknown.
 */
export const encodedImage = async (image: Image, path: string): Promise<Buffer> => encodePipeline(path, sharpOf(image));

/**
 * Writes an image in the format of the path's extension. The file is whole or absent.
 * @throws UserError when the extension is unknown or the file cannot be written.
 */
export async function encodeImage(image: Image, path: string): Promise<void> {
  const content = await encodedImage(image, path);
  await writeWhole(path, (temporary) => writeFile(temporary, content));
}
