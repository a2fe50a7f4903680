import { cubic } from "../images/resize.js";
import { peakOf, type Raster, rasterFrom, sharpFrom } from "./raster.js";

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
export function enlargeAlpha(source: Raster, result: Raster): void {
  const scale = result.width / source.width;
  const peak = peakOf(source);
  const phases = Array.from({ length: scale }, (_, phase) => tapsOf(phase, scale));
  const line = new Float64Array(source.width);
  for (let y = 0; y < result.height; y++) {
    const rows = phases[y % scale] as Taps;
    for (let x = 0; x < source.width; x++)
      line[x] = weighted(rows, Math.floor(y / scale), source.data, x * 4 + 3, source.width * 4, source.height);
    for (let x = 0; x < result.width; x++) {
      const value = weighted(phases[x % scale] as Taps, Math.floor(x / scale), line, 0, 1, source.width);
      result.data[(y * result.width + x) * 4 + 3] = Math.floor(Math.min(Math.max(value, 0), peak) + 0.5);
    }
  }
}

/** The cubic kernel at one phase: four weights for the input pixels from offset `first` to `first + 3`. */
interface Taps {
  first: number;
  weights: readonly number[];
}

function tapsOf(phase: number, scale: number): Taps {
  const center = (phase + 0.5) / scale - 0.5;
  const first = Math.floor(center) - 1;
  return { first, weights: [0, 1, 2, 3].map((tap) => cubic(Math.abs(first + tap - center))) };
}

/** The weighted sum around `position` of a strided line: `length` values, `stride` apart, the first at `start`. */
function weighted(
  { first, weights }: Taps,
  position: number,
  values: Raster["data"] | Float64Array,
  start: number,
  stride: number,
  length: number,
): number {
  let sum = 0;
  for (let tap = 0; tap < weights.length; tap++) {
    const at = Math.min(Math.max(position + first + tap, 0), length - 1);
    sum += (weights[tap] as number) * (values[start + at * stride] as number);
  }
  return sum;
}
