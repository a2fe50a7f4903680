import { hasTransparent, REACH, replaceTransparent } from "./alpha.js";
import type { Raster } from "./raster.js";
import { rasterFrom, sharpFrom } from "./sharp-raster.js";

/** How many rows of nearby colors are computed at once. */
const ROWS = 512;

/**
 * Replaces the colors of transparent pixels by nearby visible ones. Files hold arbitrary colors there, mostly black, which
 * a network would bleed into neighboring visible pixels.
 * @param inPlace whether the colors of `source` itself are replaced.
 */
export async function fillTransparent(source: Raster, inPlace = false): Promise<Raster> {
  if (!hasTransparent(source)) return source;
  const { width, height } = source;
  const deep = source.data instanceof Uint16Array;
  const blocks = [Math.ceil(width / REACH), Math.ceil(height / REACH)] as const;
  // sharp premultiplies by alpha when it resizes, so a block has the color of its visible pixels.
  const small = await rasterFrom(sharpFrom(source).resize(...blocks, { fit: "fill" }), deep);
  const data = inPlace ? source.data : source.data.slice();
  for (let top = 0; top < height; top += ROWS) {
    const region = { left: 0, top, width, height: Math.min(ROWS, height - top) };
    const enlarged = sharpFrom(small).resize(width, height, { fit: "fill", kernel: "linear" }).extract(region);
    const nearby = await rasterFrom(enlarged, deep);
    const rows = data.subarray(4 * top * width, 4 * (top + region.height) * width);
    replaceTransparent(rows, nearby.data);
  }
  return { ...source, data };
}
