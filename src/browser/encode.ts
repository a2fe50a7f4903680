/// <reference lib="dom" />
import { UserError } from "../errors.js";
import type { Pixels } from "./api.js";
import { encodePng } from "./encode-png.js";
import { opaquePixels, overWhite } from "./pixels.js";

/** A format that pixels can be encoded in. */
export type PixelFormat = "image/png" | "image/jpeg" | "image/webp";

/**
 * Encodes pixels as an image file: PNG exactly, with alpha; JPEG over white; WebP, if the browser can.
 * @param quality of JPEG and WebP, 1 to 100.
 * @throws UserError when the quality is out of range, or the browser cannot encode the format or an image of that size.
 */
export async function encodePixels(pixels: Pixels, format: PixelFormat = "image/png", quality = 95): Promise<Blob> {
  if (format === "image/png") return encodePng(pixels);
  if (!(quality >= 1 && quality <= 100))
    throw new UserError(`\`quality\` is ${quality}; expected a number from 1 to 100`);
  const { width, height, data } = format === "image/jpeg" ? opaquePixels(overWhite(pixels)) : pixels;
  const title = `${width}x${height} pixels as ${format}`;
  try {
    const canvas = new OffscreenCanvas(width, height);
    canvas.getContext("2d")?.putImageData(new ImageData(data, width, height), 0, 0);
    const blob = await canvas.convertToBlob({ type: format, quality: quality / 100 });
    if (blob.type === format) return blob;
  } catch (cause) {
    throw new UserError(`the browser cannot encode ${title}; use image/png`, { cause });
  }
  throw new UserError(`the browser cannot encode ${format}; use image/png or image/jpeg`);
}
