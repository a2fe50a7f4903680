import type { Raster } from "../enhancement/raster.js";
import type { Image } from "../images/image.js";
import type { Pixels } from "./api.js";

/** An image as RGBA. */
export type Rgba = Raster & { readonly channels: 4 };

/** Whether no pixel of an RGBA raster is transparent in part or whole. */
export function isOpaque({ data }: Rgba): boolean {
  const opaque = data instanceof Uint16Array ? 65535 : 255;
  for (let i = 3; i < data.length; i += 4) if (data[i] !== opaque) return false;
  return true;
}

/** Sets the alpha of all pixels to opaque. */
export function makeOpaque({ data }: Rgba): void {
  const opaque = data instanceof Uint16Array ? 65535 : 255;
  for (let i = 3; i < data.length; i += 4) data[i] = opaque;
}

/** Pixels as a raster in the same memory. */
export const rasterOf = ({ width, height, data: { buffer, byteOffset, byteLength } }: Pixels): Rgba => ({
  ...{ width, height, channels: 4 },
  data: new Uint8Array(buffer, byteOffset, byteLength),
});

/** A raster as pixels: in the same memory, or with 8 bits a channel in place of 16. */
export function pixelsOf({ width, height, data }: Rgba): Pixels {
  if (data instanceof Uint8Array)
    return { width, height, data: new Uint8ClampedArray(data.buffer as ArrayBuffer, data.byteOffset, data.length) };
  const bytes = new Uint8ClampedArray(data.length);
  for (let i = 0; i < data.length; i++) bytes[i] = Math.round((data[i] as number) / 257);
  return { width, height, data: bytes };
}

/** The image over white, as `decodeImage` in Node.js gives it. */
export function overWhite(pixels: Pixels): Image {
  const { width, height, data } = pixels;
  const rgb = new Uint8Array(width * height * 3);
  for (let from = 0, to = 0; from < data.length; from += 4) {
    const alpha = data[from + 3] as number;
    const white = 255 * (255 - alpha);
    for (let c = 0; c < 3; c++) rgb[to++] = Math.floor(((data[from + c] as number) * alpha + white) / 255);
  }
  return { width, height, data: rgb };
}

/** An RGB image as opaque pixels. */
export function opaquePixels({ width, height, data }: Image): Pixels {
  const rgba = new Uint8ClampedArray(width * height * 4).fill(255);
  for (let from = 0, to = 0; from < data.length; from += 3, to += 4) rgba.set(data.subarray(from, from + 3), to);
  return { width, height, data: rgba };
}
