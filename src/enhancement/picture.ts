import { extname } from "node:path";
import sharp, { type Metadata, type Sharp } from "sharp";
import { UserError } from "../errors.js";
import { decoding, encodeFor, openPicture, readPicture } from "../images/codec.js";
import { writeWhole } from "../images/whole.js";
import type { Raster } from "./raster.js";

/** A picture file's pixels, upright and in sRGB, with what the enhanced file has to keep. */
export interface Picture {
  readonly raster: Raster;
  /** The file has a single channel of brightness: `raster` repeats it three times. */
  readonly gray: boolean;
  /** Dots per inch, where the file says so. */
  readonly density: number | undefined;
}

/**
 * Reads a picture file: 16 bits a channel where the file has more than 8, RGBA where it has transparency.
 * @throws UserError when the file is missing, empty, truncated, no picture, or an animation.
 */
export async function readWholePicture(path: string): Promise<Picture> {
  const content = await readPicture(path);
  return decoding(path, async () => {
    const metadata = await sharp(content).metadata();
    if (isAnimation(metadata)) throw new UserError(`it is an animation of ${metadata.pages} pictures`);
    return {
      raster: await readRaster(await openPicture(content), metadata),
      gray: metadata.space === "b-w" || metadata.space === "grey16",
      density: metadata.density,
    };
  });
}

const isAnimation = ({ format, pages = 1 }: Metadata): boolean => pages > 1 && (format === "gif" || format === "webp");

async function readRaster(pipeline: Sharp, { depth }: Metadata): Promise<Raster> {
  const deep = depth === "ushort";
  const { data, info } = await pipeline
    .toColourspace(deep ? "rgb16" : "srgb")
    .raw({ depth: deep ? "ushort" : "uchar" })
    .toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, channels: info.hasAlpha ? 4 : 3, data: samples(data, deep) };
}

/** The bytes of a raw picture as numbers, without a copy where they are aligned. */
const samples = (bytes: Buffer, deep: boolean): Uint8Array | Uint16Array => {
  if (!deep) return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  const aligned = bytes.byteOffset % 2 === 0 ? bytes : Buffer.from(new Uint8Array(bytes).buffer);
  return new Uint16Array(aligned.buffer, aligned.byteOffset, aligned.length / 2);
};
