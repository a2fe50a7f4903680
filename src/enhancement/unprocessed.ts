import { type Gate, requireGateOf, skipReason } from "../gate/gate.js";
import type { Image } from "../images/image.js";
import { degradationOf, examinedPart } from "../metrics/degradation/degradation.js";
import type { Processor } from "../processors/processor.js";
import { enlargedRaster } from "./enlarge.js";
import { fillTransparent } from "./fill-transparent.js";
import { peakOf, type Raster } from "./raster.js";

/**
 * Why a gate skips an image; undefined: the image is processed, or there is no gate. Alpha is ignored.
 * @throws UserError when the gate was fitted for another processor.
 */
export function gateReason(gate: Gate | undefined, processor: Processor, raster: Raster): string | undefined {
  if (!gate) return undefined;
  requireGateOf(gate, processor);
  return skipReason(gate, degradationOf(examinedImage(raster)));
}

/** The result for an image that is skipped: its own pixels, enlarged bicubically if the processor enlarges. */
export const unprocessed = async (raster: Raster, scale: number): Promise<Raster> =>
  scale === 1 ? raster : enlargedRaster(await fillTransparent(raster), scale);

/** The colors of the part of a raster that is examined, with 8 bits a channel. */
function examinedImage(raster: Raster): Image {
  const { channels, data } = raster;
  const { left, top, width, height } = examinedPart(raster);
  const factor = 255 / peakOf(raster);
  const colors = new Uint8Array(width * height * 3);
  for (let y = 0, to = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const from = ((top + y) * raster.width + left + x) * channels;
      for (let channel = 0; channel < 3; channel++)
        colors[to++] = Math.round(factor * (data[from + channel] as number));
    }
  return { width, height, data: colors };
}
