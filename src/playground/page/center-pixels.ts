import type { Pixels } from "../../browser/api.js";

/** The center of an image, as large as a multiple of the scale: what a degradation reads. */
export function centerPixels({ width, height, data }: Pixels, scale: number): Pixels {
  const [w, h] = [width - (width % scale), height - (height % scale)];
  if (w === width && h === height) return { width, height, data };
  const [left, top] = [Math.floor((width - w) / 2), Math.floor((height - h) / 2)];
  const cropped = new Uint8ClampedArray(4 * w * h);
  for (let y = 0; y < h; y++) {
    const start = 4 * ((top + y) * width + left);
    cropped.set(data.subarray(start, start + 4 * w), 4 * y * w);
  }
  return { width: w, height: h, data: cropped };
}
