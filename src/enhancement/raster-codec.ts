import { extname } from "node:path";
import sharp, { type Metadata } from "sharp";
import { UserError } from "../errors.js";
import { decoding, encodedExtensions, encodeFor, openImage } from "../platform/node/codec.js";
import { type Raster, rasterFrom, sharpFrom } from "./raster.js";

/** A format that enhanced images can be encoded in. JPEG and WebP have quality 95; PNG and TIFF are lossless. */
export type OutputFormat = "png" | "jpeg" | "webp" | "tiff";

/** The longest side in pixels that a format can hold. */
const LONGEST_SIDE: Readonly<Record<OutputFormat, number>> = {
  png: Number.POSITIVE_INFINITY,
  jpeg: 65500,
  webp: 16383,
  tiff: Number.POSITIVE_INFINITY,
};

const isOutputFormat = (name: string | undefined): name is OutputFormat => name !== undefined && name in LONGEST_SIDE;

/** Decoded pixels, and the properties of their file that the enhanced image keeps. */
export interface DecodedImage {
  /** Upright, in sRGB. */
  readonly raster: Raster;
  /** Whether the file has a single channel of brightness, which `raster` repeats three times. */
  readonly gray: boolean;
  /** Dots per inch; undefined if the file does not state them. */
  readonly density: number | undefined;
  /** The format of the file; PNG if it is one that Legible does not write. */
  readonly format: OutputFormat;
}

/**
 * Decodes an image file: 16 bits a channel if the file has more than 8, RGBA if it has transparency.
 * @param name what to call the image in errors.
 * @throws UserError when the content is truncated, not an image, or an animation.
 */
export function decodeRaster(content: Buffer, name: string): Promise<DecodedImage> {
  return decoding(name, async () => {
    const metadata = await sharp(content).metadata();
    if (isAnimation(metadata)) throw new UserError(`it is an animation of ${metadata.pages} images`);
    return {
      raster: await rasterFrom(await openImage(content), metadata.depth === "ushort"),
      gray: metadata.space === "b-w" || metadata.space === "grey16",
      density: metadata.density,
      format: isOutputFormat(metadata.format) ? metadata.format : "png",
    };
  });
}

const isAnimation = ({ format, pages = 1 }: Metadata): boolean => pages > 1 && (format === "gif" || format === "webp");

/** Encodes an image: one channel if it is gray, 16 bits a channel if its raster has them and the format can hold them. */
export function encodeRaster({ raster, gray, density, format }: DecodedImage): Promise<Buffer> {
  const deep = raster.data instanceof Uint16Array && (format === "png" || format === "tiff");
  const space = gray ? (deep ? "grey16" : "b-w") : deep ? "rgb16" : "srgb";
  const pipeline = encodeFor(`image.${format}`, sharpFrom(raster).toColourspace(space));
  if (density) pipeline.withDensity(density);
  return pipeline.toBuffer();
}

/**
 * Checks the size of an output before the work rather than after it.
 * @throws UserError when the format is unknown or cannot hold an image of that size.
 */
export function requireEncodable(name: string, format: OutputFormat, width: number, height: number): void {
  if (!isOutputFormat(format))
    throw new UserError(`\`format\` is ${format}; expected one of ${Object.keys(LONGEST_SIDE).join(", ")}`);
  if (Math.max(width, height) > LONGEST_SIDE[format])
    throw new UserError(
      `cannot encode ${name} as ${format}: ${width}x${height} is more than ${LONGEST_SIDE[format]} pixels a side; ` +
        "use png or tiff",
    );
}

/**
 * The format of a path's extension.
 * @throws UserError when Legible does not write such files.
 */
export function formatOf(path: string): OutputFormat {
  const extension = extname(path).toLowerCase().slice(1);
  const format = { jpg: "jpeg", jpe: "jpeg", jfif: "jpeg", tif: "tiff" }[extension] ?? extension;
  if (isOutputFormat(format)) return format;
  throw new UserError(`cannot write ${path}: expected a name that ends in ${encodedExtensions.join(", ")}`);
}
