import { extname } from "node:path";
import { UserError } from "../errors.js";
import { decoding, encodedExtensions, encodePipeline } from "../platform/node/codec.js";
import { type MetadataKind, metadataKinds } from "../platform/node/file-metadata.js";
import { openImage } from "../platform/node/open-image.js";
import { type Resolution, resolutionOf } from "../platform/node/resolution.js";
import { decodeTolerantly } from "../platform/node/tolerant.js";
import type { Provenance } from "./provenance.js";
import { type Raster, rasterFrom, sharpFrom } from "./raster.js";

/** A format that enhanced images can be encoded in. PNG and TIFF are lossless. */
export type OutputFormat = "png" | "jpeg" | "webp" | "tiff";

/** Whether pixels keep the color space of their file, or are converted to sRGB. */
export type ColorMode = "keep" | "srgb";

/** Whether descriptive metadata are kept, or the file gets none. */
export type MetadataMode = "keep" | "strip";

/** How an image is encoded. */
export interface EncodeOptions {
  /** Of JPEG and WebP, 1 to 100. Default: 95. */
  readonly quality?: number | undefined;
  /** Default: keep. */
  readonly metadata?: MetadataMode | undefined;
  /** How the pixels were made, for the XMP of the file. Default: not stated. */
  readonly provenance?: Provenance | undefined;
}

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
  /** Undefined if the file does not state it. */
  readonly resolution: Resolution | undefined;
  /** Kinds of descriptive metadata in the file, which the enhanced image does not keep. */
  readonly metadata: readonly MetadataKind[];
  /** The format of the file; PNG if it is one that Legible does not write. */
  readonly format: OutputFormat;
  /** Whether the file holds these pixels as they are, without color profile, orientation and metadata, in a lossy format. */
  readonly isPlainLossy?: boolean;
  /** What is wrong with the file, which was decoded nevertheless. */
  readonly flaw?: string;
}

/**
 * Decodes an image file: 16 bits a channel if the file has more than 8, RGBA if it has transparency.
 * @param name what to call the image in errors.
 * @throws UserError when the content is truncated, not an image, or an animation.
 */
export function decodeRaster(
  content: Buffer,
  name: string,
  { color: _ = "keep" }: { readonly color?: ColorMode | undefined } = {},
): Promise<DecodedImage> {
  return decoding(name, async () => {
    const { value, flaw } = await decodeTolerantly(content, async (bytes, failOn) => {
      const { pipeline, deep, metadata } = await openImage(bytes, failOn, 16);
      const described = await metadata();
      const { space, format, icc, exif } = described;
      const kinds = metadataKinds(bytes, described);
      const isLossy = format === "jpeg" || format === "webp";
      return {
        raster: await rasterFrom(pipeline, deep),
        gray: space === "b-w" || space === "grey16",
        resolution: resolutionOf(bytes, described),
        metadata: kinds,
        isPlainLossy: isLossy && !icc && !exif && kinds.length === 0 && (space === "srgb" || space === "b-w"),
        format: isOutputFormat(format) ? format : "png",
      } as const;
    });
    return flaw === undefined ? value : { ...value, flaw };
  });
}

/** Encodes an image: one channel if it is gray, 16 bits a channel if its raster has them and the format can hold them. */
export function encodeRaster(
  { raster, gray, resolution, format }: DecodedImage,
  { quality }: EncodeOptions = {},
): Promise<Buffer> {
  const deep = raster.data instanceof Uint16Array && (format === "png" || format === "tiff");
  const space = gray ? (deep ? "grey16" : "b-w") : deep ? "rgb16" : "srgb";
  return encodePipeline(`image.${format}`, sharpFrom(raster).toColourspace(space), { resolution, quality });
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
