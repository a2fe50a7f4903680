import { extname } from "node:path";
import sharp, { type Metadata } from "sharp";
import { UserError } from "../errors.js";
import { decoding, encodeFor, openImage, readImageFile } from "../platform/node/codec.js";
import { writeWhole } from "../platform/node/files.js";
import { type Raster, rasterFrom, sharpFrom } from "./raster.js";

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
  const content = await readImageFile(path);
  return decoding(path, async () => {
    const metadata = await sharp(content).metadata();
    if (isAnimation(metadata)) throw new UserError(`it is an animation of ${metadata.pages} pictures`);
    return {
      raster: await rasterFrom(await openImage(content), metadata.depth === "ushort"),
      gray: metadata.space === "b-w" || metadata.space === "grey16",
      density: metadata.density,
    };
  });
}

const isAnimation = ({ format, pages = 1 }: Metadata): boolean => pages > 1 && (format === "gif" || format === "webp");

/**
 * Writes a raster in the format that the path's extension names, with one channel if it is gray, and 16 bits where
 * the raster has them and the format can. The file is whole or absent.
 * @throws UserError when the file cannot be written.
 */
export async function writeWholePicture(
  path: string,
  raster: Raster,
  { gray, density }: Omit<Picture, "raster">,
): Promise<void> {
  const deep = raster.data instanceof Uint16Array && /^\.(png|tiff?)$/i.test(extname(path));
  const space = gray ? (deep ? "grey16" : "b-w") : deep ? "rgb16" : "srgb";
  const pipeline = encodeFor(path, sharpFrom(raster).toColourspace(space));
  if (density) pipeline.withDensity(density);
  await writeWhole(path, (temporary) => pipeline.toFile(temporary));
}

/**
 * Throws before the work is done what the encoder would say after it.
 * @throws UserError when the format cannot hold a picture of that size.
 */
export function assertEncodable(path: string, width: number, height: number): void {
  const longest = longestSide[extname(path).toLowerCase()] ?? Number.POSITIVE_INFINITY;
  if (Math.max(width, height) > longest)
    throw new UserError(
      `cannot write ${path}: ${width}x${height} is more than ${longest} pixels a side; use .png or .tiff`,
    );
}

const longestSide: Record<string, number> = { ".webp": 16383, ".jpg": 65500, ".jpeg": 65500 };
