/// <reference lib="dom" />
import { enlargeAlpha, hasTransparent } from "../enhancement/alpha.js";
import { processTiled } from "../enhancement/tiles.js";
import { UserError } from "../errors.js";
import type { BrowserImage, BrowserProcessor, Pixels } from "./api.js";
import { decodeRgba } from "./decode.js";
import { makeGray } from "./gray.js";
import { readHeader } from "./image-header.js";
import { isOpaque, makeOpaque, pixelsOf, type Rgba } from "./pixels.js";
import { fillTransparent } from "./transparent.js";
import type { Work } from "./work.js";

/** The most bytes of pixels that browsers hold in one array. */
const MOST_BYTES = 2 ** 31 - 1;

/** As `Legible.enhance`. */
export async function enhance(
  { models, signal, onProgress }: Work,
  model: BrowserProcessor,
  image: BrowserImage,
  { tile }: { readonly tile?: number } = {},
): Promise<Pixels> {
  if (tile !== undefined && (!Number.isInteger(tile) || tile < 1))
    throw new UserError(`\`tile\` is ${tile}; expected a whole number of 1 or more`);
  const processor = models.processor(model);
  const { scale } = await processor.geometry();
  const source = await decodeRgba(image);
  requireHoldable(source, scale);
  signal.throwIfAborted();
  const opaque = isOpaque(source);
  if (!opaque && hasTransparent(source)) fillTransparent(source);
  const result = await processTiled(processor, source, tile, { inPlace: true, onProgress, signal });
  if (image instanceof Blob && (await readHeader(image))?.gray) makeGray(result as Rgba);
  if (opaque) makeOpaque(result as Rgba);
  else if (result !== source) enlargeAlpha(source, result);
  return pixelsOf(result as Rgba);
}

/** @throws UserError when the browser cannot hold the result. */
function requireHoldable({ width, height, data }: Rgba, scale: number): void {
  const [wide, high] = [width * scale, height * scale];
  if (wide * high * 4 * data.BYTES_PER_ELEMENT <= MOST_BYTES) return;
  throw new UserError(
    `the result would have ${wide}x${high} pixels, and a browser holds at most ${Math.floor(MOST_BYTES / 4e6)} million in one image`,
  );
}
