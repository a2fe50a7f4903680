import { enlargeChannel } from "./enlarge.js";
import type { Raster } from "./raster.js";

/** How far colors spread into transparent areas, in pixels: the side of the blocks whose colors are averaged. */
export const REACH = 8;

/** Whether a raster has pixels of alpha 0. */
export function hasTransparent({ channels, data }: Raster): boolean {
  if (channels === 3) return false;
  for (let i = 3; i < data.length; i += 4) if (data[i] === 0) return true;
  return false;
}

/** Replaces the colors of transparent pixels of RGBA values by those of other RGBA values. */
export function replaceTransparent(values: Raster["data"], colors: ArrayLike<number>): void {
  for (let i = 0; i < values.length; i += 4)
    if (values[i + 3] === 0) for (let c = 0; c < 3; c++) values[i + c] = colors[i + c] as number;
}

/** Sets the alpha of `result` to that of `source`, enlarged bicubically with repeated edges. */
export const enlargeAlpha = (source: Raster, result: Raster): void => enlargeChannel(source, result, 3);
