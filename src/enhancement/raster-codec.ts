import { extname } from "node:path";
import { UserError } from "../errors.js";
import { decoding, encodedExtensions, encodePipeline } from "../platform/node/codec.js";
import { onlyTiffPage } from "../platform/node/frames.js";
import { keptMetadata } from "../platform/node/metadata/kept-metadata.js";
import type { MetadataKind } from "../platform/node/metadata/kind.js";
import { readMetadata, type SourceMetadata } from "../platform/node/metadata/source-metadata.js";
import { type ColorMode, type FailOn, openColorImage } from "../platform/node/open-image.js";
import { isPng, withExifFirst } from "../platform/node/png.js";
import { type Resolution, resolutionOf } from "../platform/node/resolution.js";
import { isTiff } from "../platform/node/tiff.js";
import { decodeTolerantly } from "../platform/node/tolerant.js";
import type { Provenance } from "./provenance.js";
import type { Raster } from "./raster.js";
import { rasterFrom, sharpFrom } from "./sharp-raster.js";

export type { ColorMode };

/** A format that enhanced images can be encoded in. PNG and TIFF are lossless. */
export type OutputFormat = "png" | "jpeg" | "webp" | "tiff";

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

/** What a file states beside its pixels. */
export interface SourceFile {
  readonly metadata: SourceMetadata;
  /** Whether the decoded pixels were converted to sRGB. */
  readonly isConverted: boolean;
  /** EXIF orientation, 1 to 8. */
  readonly orientation: number;
  /** The format, as sharp names it. */
  readonly format: string;
  /** Width of the upright image in pixels. */
  readonly width: number;
}

/** Decoded pixels, and the properties of their file that the enhanced image keeps. */
export interface DecodedImage {
  /** Upright, in the color space of `profile`. */
  readonly raster: Raster;
  /** An ICC profile of RGB or gray. Undefined: sRGB. */
  readonly profile?: Buffer | undefined;
  /** The conversion of a color space that could not be kept, such as "CMYK to sRGB". */
  readonly converted?: string | undefined;
  /** Whether the file has a single channel of brightness, which `raster` repeats three times. */
  readonly gray: boolean;
  /** Undefined if the file does not state it. */
  readonly resolution: Resolution | undefined;
  /** The metadata of the file, with what is necessary to correct them. Undefined: raw pixels. */
  readonly source?: SourceFile | undefined;
  /** The format of the file; PNG if it is one that Legible does not write. */
  readonly format: OutputFormat;
  /** Whether the file is lossy and needs no correction: upright, without damaged metadata, in a color space that is kept. */
  readonly isSoundLossy?: boolean;
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
  { color = "keep" }: { readonly color?: ColorMode | undefined } = {},
): Promise<DecodedImage> {
  return decoding(name, async () => {
    const { value, flaw } = await decodeTolerantly(content, (bytes, failOn) => decodeSound(bytes, failOn, color));
    return flaw === undefined ? value : { ...value, flaw };
  });
}

async function decodeSound(bytes: Buffer, failOn: FailOn, color: ColorMode): Promise<DecodedImage> {
  const content = isPng(bytes) ? withExifFirst(bytes) : bytes;
  const { pipeline, deep, profile, isConverted, converted, hasWrongProfile, metadata } = await openColorImage(
    content,
    failOn,
    16,
    color,
  );
  const described = await metadata();
  const { space, format, orientation = 1 } = described;
  const isLossy = format === "jpeg" || format === "webp";
  const raster = await rasterFrom(pipeline, deep);
  const read = readMetadata(content, described, isTiff(content) ? onlyTiffPage(content)?.directory : undefined);
  const damaged = hasWrongProfile ? ([...read.damaged, "color profile"] as const) : read.damaged;
  return {
    raster,
    profile,
    converted,
    gray: space === "b-w" || space === "grey16",
    resolution: resolutionOf(content, described),
    source: { metadata: { ...read, damaged }, isConverted, orientation, format, width: raster.width },
    isSoundLossy: isLossy && !isConverted && orientation === 1 && damaged.length === 0,
    format: isOutputFormat(format) ? format : "png",
  };
}

/** An encoded image. */
export interface EncodedRaster {
  readonly data: Buffer;
  /** Kinds of metadata that the file of the image has and the result, although they should be kept, has not. */
  readonly dropped: readonly MetadataKind[];
}

/** Encodes an image: one channel if it is gray, 16 bits a channel if its raster has them and the format can hold them. */
export async function encodeRaster(image: DecodedImage, options: EncodeOptions = {}): Promise<EncodedRaster> {
  const { raster, gray, resolution, format, profile } = image;
  const deep = raster.data instanceof Uint16Array && (format === "png" || format === "tiff");
  const space = gray ? (deep ? "grey16" : "b-w") : deep ? "rgb16" : "srgb";
  const { embedded, dropped } = metadataOf(image, options);
  const pipeline = sharpFrom(raster).toColourspace(space);
  const data = await encodePipeline(`image.${format}`, pipeline, {
    embedded: { resolution, profile, ...embedded },
    quality: options.quality,
  });
  return { data, dropped };
}

const NO_METADATA: SourceMetadata = { texts: [], damaged: [] };

function metadataOf({ raster, source, format }: DecodedImage, { metadata, provenance }: EncodeOptions) {
  if (metadata === "strip") return { embedded: {}, dropped: [] };
  const { width, height } = raster;
  const scale = width / (source?.width ?? width);
  const change = {
    width,
    height,
    scale,
    orientation: source?.orientation ?? 1,
    isConverted: source?.isConverted === true,
  };
  return keptMetadata(source?.metadata ?? NO_METADATA, change, {
    from: source?.format ?? format,
    to: format,
    note: provenance,
  });
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
