import { enlargeChannel } from "./enlarge.js";
import { type Raster, rasterFrom, sharpFrom } from "./raster.js";

/** How far colors spread into transparent areas, in pixels. */
const reach = 8;

/** How many rows of nearby colors are computed at once. */
const ROWS = 512;

/**
 * Replaces the colors of transparent pixels by nearby visible ones. Files hold arbitrary colors there, mostly black, which
 * a network would bleed into neighboring visible pixels.
 * @param inPlace whether the colors of `source` itself are replaced.
 */
export async function fillTransparent(source: Raster, inPlace = false): Promise<Raster> {
  if (source.channels === 3 || !hasTransparent(source)) return source;
  const { width, height } = source;
  const deep = source.data instanceof Uint16Array;
  const blocks = [Math.ceil(width / reach), Math.ceil(height / reach)] as const;
  // sharp premultiplies by alpha when it resizes, so a block has the color of its visible pixels.
  const small = await rasterFrom(sharpFrom(source).resize(...blocks, { fit: "fill" }), deep);
  const data = inPlace ? source.data : source.data.slice();
  for (let top = 0; top < height; top += ROWS) {
    const region = { left: 0, top, width, height: Math.min(ROWS, height - top) };
    const enlarged = sharpFrom(small).resize(width, height, { fit: "fill", kernel: "linear" }).extract(region);
    const nearby = await rasterFrom(enlarged, deep);
    const rows = data.subarray(4 * top * width, 4 * (top + region.height) * width);
    for (let i = 0; i < rows.length; i += 4)
      if (rows[i + 3] === 0) for (let c = 0; c < 3; c++) rows[i + c] = nearby.data[i + c] as number;
  }
  return { ...source, data };
}

function hasTransparent({ data }: Raster): boolean {
  for (let i = 3; i < data.length; i += 4) if (data[i] === 0) return true;
  return false;
}

/** Sets the alpha of `result` to that of `source`, enlarged bicubically with repeated edges. */
export const enlargeAlpha = (source: Raster, result: Raster): void => enlargeChannel(source, result, 3);
