import { readFile } from "node:fs/promises";
import { extname } from "node:path";
import sharp, { type Sharp } from "sharp";
import { messageOf, UserError } from "../../errors.js";
import type { Image } from "../../images/image.js";
import { writeWhole } from "./files.js";

/**
 * Decodes a file, or its content, of any format that sharp reads, to 8-bit sRGB: rotated upright by its EXIF orientation,
 * color profiles and CMYK converted, gray repeated in three channels, 16 bits reduced to 8, alpha composited over white.
 * Of an animation it decodes the first frame.
 * @throws UserError when the file is missing, empty, truncated or no image.
 */
export async function decodeImage(source: string | Buffer): Promise<Image> {
  const name = typeof source === "string" ? source : "the image";
  const content = typeof source === "string" ? await readImageFile(source) : source;
  return decoding(name, async () => pixelsOf(await openImage(content)));
}

/**
 * Decodes likewise, with the shorter side reduced to `size` pixels (bicubic) by libvips, in less than half the time of
 * `decodeImage` and `shrinkShorterSide`. The result is the same within one or two levels if the longer side is a whole number
 * of pixels too; otherwise that side is rounded, which shifts pixels by a fraction. A smaller image keeps its size.
 * @throws UserError as `decodeImage` does.
 */
export async function decodeShrunk(path: string, size: number): Promise<Image> {
  const content = await readImageFile(path);
  const outside = { fit: "outside", withoutEnlargement: true, kernel: "cubic", fastShrinkOnLoad: false } as const;
  return decoding(path, async () => pixelsOf((await openImage(content)).resize(size, size, outside)));
}

async function pixelsOf(pipeline: Sharp): Promise<Image> {
  const { data, info } = await pipeline.flatten({ background: "white" }).raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data: new Uint8Array(data.buffer, data.byteOffset, data.length) };
}

/**
 * The bytes of an image file.
 * @throws UserError when it is missing, unreadable or empty.
 */
export async function readImageFile(path: string): Promise<Buffer> {
  let content: Buffer;
  try {
    content = await readFile(path);
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
    const lines = messageOf(error)
      .replace(/^Input buffer (contains|has) /, "")
      .split("\n");
    const reason = [...new Set(lines.map((line) => line.trim()))].filter((line) => line !== "").join("; ");
    throw new UserError(`cannot decode ${name}: ${reason}`);
  }
}

/**
 * A sharp pipeline that decodes the image upright and in sRGB, with its alpha channel if it has one. Truncated content is an
 * error; what decoders warn of (stray bytes between markers, a faulty tag) is not.
 */
export async function openImage(content: Buffer): Promise<Sharp> {
  const pipeline = sharp(content, { failOn: "error", autoOrient: true });
  if (isJpeg(content)) return pipeline; // 8 bits always: its metadata are not needed
  const { depth, icc } = await pipeline.metadata();
  // sharp converts a 16-bit image with a profile to Display P3; an output profile converts that to sRGB.
  return depth === "ushort" && icc ? pipeline.withIccProfile("srgb") : pipeline;
}

const isJpeg = (content: Buffer): boolean => content[0] === 0xff && content[1] === 0xd8;

/**
 * Encodes a JPEG of a quality from 1 to 100 with chroma at half the resolution (4:2:0), with libjpeg's tables, as Pillow's
 * `save(quality=…)` does.
 */
export const encodeJpeg = (image: Image, quality: number): Promise<Buffer> =>
  sharpOf(image).jpeg({ quality, chromaSubsampling: "4:2:0" }).toBuffer();

/** A pipeline that reads the image. */
const sharpOf = ({ width, height, data }: Image): Sharp =>
  sharp(data, { raw: { width, height, channels: 3 }, limitInputPixels: false });

type Encoder = (pipeline: Sharp) => Sharp;

/** `optimiseCoding` would save a few percent and hold all coefficients: over 1 GB for 100 megapixels. */
const jpeg: Encoder = (pipeline) =>
  pipeline.flatten({ background: "white" }).jpeg({ quality: 95, chromaSubsampling: "4:4:4", optimiseCoding: false });
const tiff: Encoder = (pipeline) => pipeline.tiff({ compression: "deflate", predictor: "horizontal" });

const encoders: Record<string, Encoder> = {
  ".png": (pipeline) => pipeline.png(),
  ".jpg": jpeg,
  ".jpeg": jpeg,
  ".webp": (pipeline) => pipeline.webp({ quality: 95 }),
  ".tif": tiff,
  ".tiff": tiff,
};

/** Whether Legible writes the format of the path's extension: PNG, JPEG, WebP, TIFF. */
export const canEncode = (path: string): boolean => extname(path).toLowerCase() in encoders;

/**
 * Sets a pipeline to the format of the path's extension: JPEG and WebP of quality 95, PNG and TIFF lossless. JPEG has no
 * alpha: transparent pixels become white.
 * @throws UserError when Legible does not write the format of the extension.
 */
export function encodeFor(path: string, pipeline: Sharp): Sharp {
  requireEncodable(path);
  return (encoders[extname(path).toLowerCase()] as Encoder)(pipeline);
}

/** @throws UserError when Legible does not write the format of the path's extension. */
export function requireEncodable(path: string): void {
  if (!canEncode(path))
    throw new UserError(`cannot write ${path}: its name must end in ${Object.keys(encoders).join(", ")}`);
}

/**
 * Writes an image in the format of the path's extension. The file is whole or absent.
 * @throws UserError when the extension is unknown or the file cannot be written.
 */
export async function encodeImage(image: Image, path: string): Promise<void> {
  const pipeline = encodeFor(path, sharpOf(image));
  await writeWhole(path, (temporary) => pipeline.toFile(temporary));
}
