import { enlargeChannel } from "./enlarge.js";
import { type Raster, rasterFrom, sharpFrom } from "./raster.js";

/** How far colors spread into transparent areas, in pixels. */
const reach = 8;

/**
 * Replaces the colors of transparent pixels by nearby visible ones. Files hold arbitrary colors there, mostly black, which
 * a network would bleed into neighboring visible pixels.
 */
export async function fillTransparent(source: Raster): Promise<Raster> {
  if (source.channels === 3 || !hasTransparent(source)) return source;
  const { width, height } = source;
  const deep = source.data instanceof Uint16Array;
  const blocks = [Math.ceil(width / reach), Math.ceil(height / reach)] as const;
  // sharp premultiplies by alpha when it resizes, so a block has the color of its visible pixels.
  const small = await rasterFrom(sharpFrom(source).resize(...blocks, { fit: "fill" }), deep);
  const nearby = await rasterFrom(sharpFrom(small).resize(width, height, { fit: "fill", kernel: "linear" }), deep);
  const data = source.data.slice();
  for (let i = 0; i < data.length; i += 4)
    if (data[i + 3] === 0) for (let c = 0; c < 3; c++) data[i + c] = nearby.data[i + c] as number;
  return { ...source, data };
}

function hasTransparent({ data }: Raster): boolean {
  for (let i = 3; i < data.length; i += 4) if (data[i] === 0) return true;
  return false;
}

/** Sets the alpha of `result` to that of `source`, enlarged bicubically with repeated edges. */
export const enlargeAlpha = (source: Raster, result: Raster): void => enlargeChannel(source, result, 3);
