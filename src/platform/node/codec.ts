import { readFile } from "node:fs/promises";
import { extname } from "node:path";
import sharp, { type Sharp } from "sharp";
import { messageOf, UserError } from "../../errors.js";
import type { Image } from "../../images/image.js";
import { writeWhole } from "./files.js";

/**
 * Decodes a file, or its content, of any format that sharp reads, to 8-bit sRGB: turned upright as EXIF says, color
 * profiles and CMYK converted, gray repeated in three channels, 16 bits shortened to 8, alpha laid over white. Of an
 * animation it is the first picture.
 * @throws UserError when the file is missing, empty, truncated or no picture.
 */
export async function decodeImage(source: string | Buffer): Promise<Image> {
  const name = typeof source === "string" ? source : "the picture";
  const content = typeof source === "string" ? await readPicture(source) : source;
  return decoding(name, async () => pixelsOf(await openPicture(content)));
}

/**
 * The same with the shorter side reduced to `size` (bicubic) by the decoder itself, in less than half the time of decodeImage
 * and shrinkShorterSide. Where the longer side comes out whole, too, it is the same within a level or two; otherwise it is
 * rounded and not fitted, a shift of a fraction of a pixel. A smaller picture is decodeImage's.
 * @throws UserError as decodeImage does.
 */
export async function decodeShrunk(path: string, size: number): Promise<Image> {
  const content = await readPicture(path);
  const outside = { fit: "outside", withoutEnlargement: true, kernel: "cubic", fastShrinkOnLoad: false } as const;
  return decoding(path, async () => pixelsOf((await openPicture(content)).resize(size, size, outside)));
}

async function pixelsOf(pipeline: Sharp): Promise<Image> {
  const { data, info } = await pipeline.flatten({ background: "white" }).raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data: new Uint8Array(data.buffer, data.byteOffset, data.length) };
}

/**
 * The bytes of a picture file.
 * @throws UserError when it is missing, unreadable or empty.
 */
export async function readPicture(path: string): Promise<Buffer> {
  let content: Buffer;
  try {
    content = await readFile(path);
  } catch (error) {
    throw new UserError(`cannot read ${path}: ${reasonOf(error as NodeJS.ErrnoException)}`);
  }
  if (content.length === 0) throw new UserError(`cannot read ${path}: the file is empty`);
  return content;
}

const reasonOf = ({ code, message }: NodeJS.ErrnoException): string =>
  ({ ENOENT: "no such file", EISDIR: "it is a folder", EACCES: "permission denied" })[code ?? ""] ?? message;

/** A failure of `decode` as a UserError that names the picture. */
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
 * A sharp pipeline that gives the picture upright and in sRGB, with its alpha if it has any. Truncated content is an
 * error; what decoders merely warn of (stray bytes between markers, a faulty tag) is not.
 */
export async function openPicture(content: Buffer): Promise<Sharp> {
  const pipeline = sharp(content, { failOn: "error", autoOrient: true });
  if (isJpeg(content)) return pipeline; // whose depth is 8, so that its metadata need not be read first
  const { depth, icc } = await pipeline.metadata();
  // sharp converts a 16-bit picture that has a profile to Display P3, from where an output profile leads to sRGB.
  return depth === "ushort" && icc ? pipeline.withIccProfile("srgb") : pipeline;
}

const isJpeg = (content: Buffer): boolean => content[0] === 0xff && content[1] === 0xd8;

/**
 * A JPEG file of some quality (1 to 100) with chroma at half the resolution (4:2:0): libjpeg's tables, which Pillow's
 * `save(quality=…)` takes too.
 */
export const encodeJpeg = (image: Image, quality: number): Promise<Buffer> =>
  sharpOf(image).jpeg({ quality, chromaSubsampling: "4:2:0" }).toBuffer();

/** A pipeline that reads the picture. */
const sharpOf = ({ width, height, data }: Image): Sharp =>
  sharp(data, { raw: { width, height, channels: 3 }, limitInputPixels: false });

type Encoder = (pipeline: Sharp) => Sharp;

/** Without `optimiseCoding`, which saves a few percent by holding all coefficients: over 1 GB for 100 megapixels. */
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

/** Whether the name's extension is one of a format that Legible writes: PNG, JPEG, WebP, TIFF. */
export const canEncode = (path: string): boolean => extname(path).toLowerCase() in encoders;

/**
 * Sets a pipeline to the format that the path's extension names: JPEG and WebP of quality 95, PNG and TIFF lossless.
 * JPEG has no alpha: what is transparent becomes white.
 * @throws UserError for an extension of no format that Legible writes.
 */
export function encodeFor(path: string, pipeline: Sharp): Sharp {
  const encoder = encoders[extname(path).toLowerCase()];
  if (!encoder) throw new UserError(`cannot write ${path}: its name must end in ${Object.keys(encoders).join(", ")}`);
  return encoder(pipeline);
}

/**
 * Writes a picture in the format that the path's extension names. The file is whole or absent.
 * @throws UserError when the extension is unknown or the file cannot be written.
 */
export async function encodeImage(image: Image, path: string): Promise<void> {
  const pipeline = encodeFor(path, sharpOf(image));
  await writeWhole(path, (temporary) => pipeline.toFile(temporary));
}
