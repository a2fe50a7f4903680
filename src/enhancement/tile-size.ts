import type { Processor } from "../processors/processor.js";
import type { Raster } from "./raster.js";

/** The least side of a tile in input pixels: with margins of 16 to 64 pixels, smaller tiles would take many times as long. */
export const smallestTile = 32;

/** The bytes of feature maps that a tile may have. A larger tile delays an abort, and its margins are a smaller share. */
const FEATURE_BYTES = 2 ** 27;

/** The limits of the tiles that are chosen. */
const [LEAST, MOST] = [128, 1024];

/**
 * The side of the tiles of an image if none is given: that of the image if its feature maps have up to 128 MiB, or else of the
 * tile that has with its margins, 128 to 1024 pixels. It follows from the network and the size of the image alone.
 */
export async function tileFor(processor: Processor, { width, height }: Pick<Raster, "width" | "height">) {
  const longest = Math.max(width, height);
  if (longest <= LEAST) return LEAST;
  const pixels = FEATURE_BYTES / (await processor.featureBytes());
  if (width * height <= pixels) return longest;
  const side = Math.floor(Math.sqrt(pixels)) - 2 * (await processor.receptiveRadius());
  return Math.min(Math.max(side, LEAST), MOST);
}
