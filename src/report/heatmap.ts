import type { Image } from "../images/image.js";
import { infernoAt } from "../images/inferno.js";

/** Weight of the heat in the color; the rest is the image in gray. */
const OPACITY = 0.65;

/** Standard deviation of the blur as a share of the shorter side: 2 pixels of 224. */
const BLUR = 1 / 112;

/** Values above this quantile get the brightest color, so that a few peaks do not darken the rest (SmoothGrad, Smilkov et al. 2017). */
const PERCENTILE = 0.99;

/**
 * Overlays non-negative values on an image as colors, from black to bright yellow. The values are blurred slightly and
 * divided by their 99th percentile.
 * @param values one for each pixel, rows from the top
 * @throws RangeError when the number of values is not that of the pixels.
 */
export function heatMap({ width, height, data }: Image, values: Float32Array): Image {
  if (values.length !== width * height)
    throw new RangeError(`a heat map of ${width}x${height} pixels needs as many values, not ${values.length}`);
  const heat = normalized(blurred(values, width, height));
  const result = new Uint8Array(data.length);
  for (let pixel = 0; pixel < heat.length; pixel++) {
    const color = infernoAt(heat[pixel] as number);
    const [red, green, blue] = data.subarray(pixel * 3, pixel * 3 + 3) as unknown as [number, number, number];
    const gray = 0.299 * red + 0.587 * green + 0.114 * blue;
    for (const [channel, value] of color.entries())
      result[pixel * 3 + channel] = Math.round(OPACITY * value + (1 - OPACITY) * gray);
  }
  return { width, height, data: result };
}

/** Scales values to [0, 1]: 1 is the 99th percentile, or the largest value where that percentile is 0. */
function normalized(values: Float32Array): Float32Array {
  const sorted = values.toSorted();
  const top = sorted[Math.floor(PERCENTILE * (sorted.length - 1))] || sorted.at(-1) || 1;
  return values.map((value) => Math.min(value / top, 1));
}

/** A Gaussian blur whose weights are renormalized at the edges. */
function blurred(values: Float32Array, width: number, height: number): Float32Array {
  const deviation = Math.max(0.5, BLUR * Math.min(width, height));
  const reach = Math.ceil(3 * deviation);
  const weights = Array.from({ length: reach + 1 }, (_, distance) => Math.exp(-(distance ** 2) / (2 * deviation ** 2)));
  const along = (source: Float32Array, length: number, step: number) =>
    source.map((_, i) => {
      const at = Math.floor(i / step) % length;
      let [sum, total] = [0, 0];
      for (let offset = Math.max(-reach, -at); offset <= Math.min(reach, length - 1 - at); offset++) {
        const weight = weights[Math.abs(offset)] as number;
        sum += weight * (source[i + offset * step] as number);
        total += weight;
      }
      return sum / total;
    });
  return along(along(values, width, 1), height, width);
}
