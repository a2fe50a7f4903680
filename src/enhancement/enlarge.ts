import { cubic } from "../images/resize.js";
import { blankRaster, peakOf, type Raster } from "./raster.js";

/** The raster enlarged bicubically by a whole number, with repeated edges; itself at scale 1. */
export function enlargedRaster(source: Raster, scale: number): Raster {
  if (scale === 1) return source;
  const result = blankRaster(source.width * scale, source.height * scale, source);
  for (let channel = 0; channel < source.channels; channel++) enlargeChannel(source, result, channel);
  return result;
}

/** Sets a channel of `result` to that of `source`, enlarged bicubically with repeated edges. */
export function enlargeChannel(source: Raster, result: Raster, channel: number): void {
  const { channels } = source;
  const scale = result.width / source.width;
  const peak = peakOf(source);
  const phases = Array.from({ length: scale }, (_, phase) => tapsOf(phase, scale));
  const line = new Float64Array(source.width);
  for (let y = 0; y < result.height; y++) {
    const rows = phases[y % scale] as Taps;
    for (let x = 0; x < source.width; x++)
      line[x] = weighted(
        rows,
        Math.floor(y / scale),
        source.data,
        x * channels + channel,
        source.width * channels,
        source.height,
      );
    for (let x = 0; x < result.width; x++) {
      const value = weighted(phases[x % scale] as Taps, Math.floor(x / scale), line, 0, 1, source.width);
      result.data[(y * result.width + x) * channels + channel] = Math.floor(Math.min(Math.max(value, 0), peak) + 0.5);
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
