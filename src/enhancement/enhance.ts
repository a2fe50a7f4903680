import { UserError } from "../errors.js";
import type { Gate } from "../gate/gate.js";
import { writeBytes } from "../platform/node/files.js";
import type { MetadataKind } from "../platform/node/metadata/kind.js";
import { isBare } from "../platform/node/metadata/source-metadata.js";
import type { Processor } from "../processors/processor.js";
import { enlargeAlpha } from "./alpha.js";
import { fillTransparent } from "./fill-transparent.js";
import {
  contentOf,
  type EnhanceInput,
  isRawImage,
  type LoadedInput,
  loadInput,
  nameOf,
  type RawImage,
} from "./input.js";
import { provenanceOf } from "./provenance.js";
import type { Raster } from "./raster.js";
import {
  type ColorMode,
  type DecodedImage,
  decodeRaster,
  encodeRaster,
  formatOf,
  type MetadataMode,
  type OutputFormat,
  requireEncodable,
} from "./raster-codec.js";
import { processTiled, type TileOptions } from "./tiles.js";
import { gateReason, unprocessed } from "./unprocessed.js";

/** Options of `enhanceFile` and `enhancePixels`. */
export interface EnhanceFileOptions {
  /**
   * Side of a tile in input pixels, without its margins. Larger tiles are faster and need more memory. Default: as large as
   * 128 MiB of feature maps allow, 128 to 1024.
   */
  readonly tile?: number | undefined;
  /** Of JPEG and WebP, 1 to 100. Default: 95. */
  readonly quality?: number | undefined;
  /** Whether the result has the color space and profile of the input, or is converted to sRGB. Default: keep. */
  readonly color?: ColorMode | undefined;
  /** Whether the result has the metadata of the input and a note of its provenance, or none of them. Default: keep. */
  readonly metadata?: MetadataMode | undefined;
  /** Decides whether the image is processed; otherwise the result has the input's pixels, enlarged bicubically. Default: none. */
  readonly gate?: Gate | undefined;
  /** Called after each tile with the completed share, 0 to 1. */
  onProgress?(share: number): void;
  /** Stops the work after the running tile. */
  readonly signal?: AbortSignal;
}

/** Options of `enhance`. */
export interface EnhanceOptions extends EnhanceFileOptions {
  /** Default: the format of the input; PNG for raw pixels and for formats that Legible does not write. */
  readonly format?: OutputFormat;
  /** What to call the input in errors. Default: its path, or the image. */
  readonly name?: string;
}

/** Width and height in pixels. */
export interface ImageSize {
  readonly width: number;
  readonly height: number;
}

/** What is remarkable about an enhanced image. A JSON value. */
export interface ImageRemarks {
  /** Kinds of metadata of the input that the result lacks, although they were to be kept: damaged ones, or ones that its format cannot hold. */
  readonly droppedMetadata?: readonly MetadataKind[];
  /** The conversion of a color space that cannot be kept, such as "CMYK to sRGB". */
  readonly converted?: string;
  /** What is wrong with the input's file, which was decoded nevertheless: no end marker, damaged data. */
  readonly flaw?: string;
  /** Why the gate skipped the image; absent: it was processed. */
  readonly skipped?: string;
  /** The largest side of a tile, in input pixels, that memory sufficed for; absent: it sufficed for all tiles. */
  readonly tile?: number;
}

/** An enhanced image, encoded, with its size in pixels. */
export interface EnhancedImage extends ImageSize, ImageRemarks {
  /** The encoded file. */
  readonly data: Buffer;
  readonly format: OutputFormat;
}

/**
 * Enhances an image of any size, tile by tile, in this thread. The result is upright; it keeps transparency, 16 bits a
 * channel, resolution (dots per inch) and gray. The whole image is in memory, also that of a stream. The event loop is blocked
 * while a tile is computed; in a server, use `openEnhancer`.
 * @example
 * const processor = await openProcessor("models/sr-x4-m-ra.onnx");
 * const { data, width, height } = await enhance(processor, { file: "photo.jpg" }, { format: "webp" });
 * @throws UserError when the input cannot be read or decoded, its enhanced size does not fit the format, or the gate is that of another
 * processor; the signal's reason when it aborts.
 */
export async function enhance(
  processor: Processor,
  input: EnhanceInput,
  options: EnhanceOptions = {},
): Promise<EnhancedImage> {
  const { format, tile, quality, color, metadata, gate, signal } = options;
  requireTile(tile);
  requireQuality(quality);
  signal?.throwIfAborted();
  const loaded = await loadInput(input, options);
  const { name = nameOf(loaded) } = options;
  const { content, isOurs, ...decoded } = await decodedFrom(loaded, {
    ...{ name, color, metadata },
    mayBeKept: gate !== undefined,
  });
  const { raster } = decoded;
  const { scale } = await processor.geometry();
  const target = format ?? decoded.format;
  requireEncodable(name, target, raster.width * scale, raster.height * scale);
  const skipped = gateReason(gate, processor, raster);
  if (skipped !== undefined && scale === 1 && target === decoded.format && content)
    return { data: content, format: target, width: raster.width, height: raster.height, skipped };
  const { result, reducedTile } =
    skipped === undefined
      ? await enhancedRaster(processor, raster, { ...options, inPlace: isOurs })
      : { result: await unprocessed(raster, scale) };
  const provenance = skipped === undefined ? await provenanceOf(processor) : undefined;
  const { data, dropped } = await encodeRaster(
    { ...decoded, raster: result, format: target },
    { quality, metadata, provenance },
  );
  const remarks = { ...remarksOn(decoded, dropped, skipped), ...(reducedTile !== undefined && { tile: reducedTile }) };
  return { data, format: target, width: result.width, height: result.height, ...remarks };
}

/** A decoded input. */
interface DecodedInput extends DecodedImage {
  /** Whether the raster is in memory that the caller does not have. */
  readonly isOurs: boolean;
  /** The file of an image that may be skipped and is lossy: saving it again would change its pixels. */
  readonly content?: Buffer;
}

interface DecodedAs extends Pick<EnhanceOptions, "color" | "metadata"> {
  readonly name: string;
  readonly mayBeKept: boolean;
}

async function decodedFrom(
  loaded: LoadedInput,
  { name, color, metadata = "keep", mayBeKept }: DecodedAs,
): Promise<DecodedInput> {
  const input = await contentOf(loaded);
  if (isRawImage(input)) return { ...fromRaw(input), isOurs: false };
  const content = asBuffer(input);
  const decoded = await decodeRaster(content, name, { color });
  const { isSoundLossy, flaw, source } = decoded;
  const hasItsMetadata = metadata === "keep" || (source !== undefined && isBare(source.metadata));
  const isKept = mayBeKept && isSoundLossy === true && flaw === undefined && hasItsMetadata;
  return { ...decoded, isOurs: true, ...(isKept && { content }) };
}

/**
 * Enhances decoded pixels, tile by tile: RGB or RGBA, 8 or 16 bits a channel, as the input. Nothing is encoded.
 * @example
 * const { data, width, height } = await enhancePixels(processor, { width: 640, height: 480, channels: 4, data: pixels });
 * @throws UserError when the number of values is not that of the size; the signal's reason when it aborts.
 */
export async function enhancePixels(
  processor: Processor,
  image: RawImage,
  options: Pick<EnhanceFileOptions, "tile" | "onProgress" | "signal"> = {},
): Promise<Required<RawImage>> {
  requireTile(options.tile);
  return (await enhancedRaster(processor, fromRaw(image).raster, options)).result;
}

/**
 * Enhances an image file. The format is that of the output's extension. The output is written atomically.
 * @throws UserError as `enhance` does, and when a file cannot be read or written; the signal's reason when it aborts.
 */
export async function enhanceFile(
  processor: Processor,
  input: string,
  output: string,
  options: EnhanceFileOptions = {},
): Promise<ImageSize & ImageRemarks> {
  const {
    data,
    format: _,
    ...result
  } = await enhance(processor, { file: input }, { ...options, format: formatOf(output) });
  options.signal?.throwIfAborted();
  await writeBytes(output, [data]);
  return result;
}

async function enhancedRaster(
  processor: Processor,
  raster: Raster,
  { tile, inPlace = false, onProgress, signal }: TileOptions & Pick<EnhanceFileOptions, "tile">,
): Promise<{ readonly result: Raster; readonly reducedTile?: number }> {
  let reducedTile: number | undefined;
  const filled = await fillTransparent(raster, inPlace);
  const onReducedTile = (side: number): void => {
    reducedTile = side;
  };
  const result = await processTiled(processor, filled, tile, { inPlace, onProgress, signal, onReducedTile });
  if (raster.channels === 4 && result.data !== raster.data) enlargeAlpha(raster, result);
  return { result, ...(reducedTile !== undefined && { reducedTile }) };
}

function requireTile(tile: number | undefined): void {
  if (tile !== undefined && (!Number.isInteger(tile) || tile < 1))
    throw new UserError(`\`tile\` is ${tile}; expected a whole number of 1 or more`);
}

function requireQuality(quality = 95): void {
  if (!(quality >= 1 && quality <= 100 && Number.isInteger(quality)))
    throw new UserError(`\`quality\` is ${quality}; expected a whole number from 1 to 100`);
}

const remarksOn = (
  { converted, flaw }: DecodedImage,
  dropped: readonly MetadataKind[],
  skipped: string | undefined,
): ImageRemarks => ({
  ...(dropped.length > 0 && { droppedMetadata: dropped }),
  ...(converted !== undefined && { converted }),
  ...(flaw !== undefined && { flaw }),
  ...(skipped !== undefined && { skipped }),
});

const asBuffer = ({ buffer, byteOffset, byteLength }: Uint8Array): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength);

/** @throws UserError when the number of values is not that of the size. */
function fromRaw({ width, height, channels = 3, data }: RawImage): DecodedImage {
  if (width < 1 || height < 1 || data.length !== width * height * channels)
    throw new UserError(
      `cannot enhance raw pixels: ${width}x${height} pixels of ${channels} channels, ` +
        `but ${data.length} values instead of ${width * height * channels}`,
    );
  return { raster: { width, height, channels, data }, gray: false, resolution: undefined, format: "png" };
}
