import type { Processor } from "../processors/processor.js";
import { enlargeAlpha, fillTransparent } from "./alpha.js";
import { assertEncodable, readWholePicture, writeWholePicture } from "./picture.js";
import { defaultTile, processTiled } from "./tiles.js";

export interface EnhanceOptions {
  /** Side of a tile in input pixels. Larger is faster and takes more memory. Default: 128. */
  tile?: number;
  /** Told the share of the picture that is done, 0..1. */
  onProgress?: (done: number) => void;
}

/** What was written. */
export interface Enhanced {
  width: number;
  height: number;
}

/**
 * Enhances a picture file: upright, in sRGB, with its transparency, its bits a channel and its resolution kept, gray
 * staying gray. The format is that of the output's extension. The output is written whole or not at all.
 * @throws UserError when the input is no picture, or the output cannot be written.
 */
export async function enhanceFile(
  processor: Processor,
  input: string,
  output: string,
  { tile = defaultTile, onProgress }: EnhanceOptions = {},
): Promise<Enhanced> {
  const { raster, gray, density } = await readWholePicture(input);
  const { scale } = await processor.geometry();
  assertEncodable(output, raster.width * scale, raster.height * scale);
  const result = await processTiled(processor, await fillTransparent(raster), tile, onProgress);
  if (raster.channels === 4) enlargeAlpha(raster, result);
  await writeWholePicture(output, result, { gray, density });
  return { width: result.width, height: result.height };
}
