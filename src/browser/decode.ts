/// <reference lib="dom" />
import { messageOf, UserError } from "../errors.js";
import { type ColorProfile, isRgb, toSrgb, toSrgb8 } from "../images/color-profile.js";
import type { BrowserImage, Pixels } from "./api.js";
import { splitColorSpace } from "./color-space.js";
import { decodeDeepPng } from "./deep-png.js";
import { readHeader } from "./image-header.js";
import { pixelsOf, type Rgba, rasterOf } from "./pixels.js";
import type { Work } from "./work.js";

/** Pixels from which on a failure is put down to their number. */
const LARGE = 2 ** 28;

/** Rows that are read back at once. */
const ROWS = 256;

/** The upright pixels of an image. */
export const decode = async (_: Work, image: BrowserImage): Promise<Pixels> => pixelsOf(await decodeRgba(image));

/**
 * Decodes an image with the browser's decoders: upright, in sRGB by its color profile, the first frame of an animation, exact
 * colors also where pixels are partly transparent.
 * @throws UserError when it is empty, truncated or no image of a format that the browser decodes.
 */
export async function decodeRgba(image: BrowserImage): Promise<Rgba> {
  if (!(image instanceof Blob)) return rasterOf(requirePixels(image));
  const title = nameOf(image);
  if (image.size === 0) throw new UserError(`cannot decode ${title}: it is empty`);
  const split = await splitColorSpace(image);
  const file = split?.file ?? image;
  const pixels = (await decodeDeepPng(file)) ?? (await decodeByBrowser(file, title));
  return split?.profile ? inSrgb(pixels, split.profile, split.precise) : pixels;
}

async function decodeByBrowser(file: Blob, title: string): Promise<Rgba> {
  const bitmap = await bitmapOf(file, title);
  try {
    return readBack(bitmap, title);
  } finally {
    bitmap.close();
  }
}

/** Values of 8 bits that are converted at once with the precision of 16. */
const PRECISE_VALUES = 2 ** 22;

/** Pixels of a profile as sRGB; the memory of those with 8 bits is used again. */
function inSrgb(pixels: Rgba, profile: ColorProfile, precise: boolean): Rgba {
  const { data } = pixels;
  if (data instanceof Uint16Array) return { ...pixels, data: toSrgb(data, 4, profile) };
  if (!precise && isRgb(profile)) toSrgb8(data, profile);
  else
    for (let from = 0; from < data.length; from += PRECISE_VALUES) {
      const part = Uint16Array.from(data.subarray(from, from + PRECISE_VALUES), (level) => level * 257);
      for (const [i, value] of toSrgb(part, 4, profile).entries()) data[from + i] = Math.round(value / 257);
    }
  return pixels;
}

/** The name of a file, or a general one. */
const nameOf = (image: Blob): string => ("name" in image && image.name ? String(image.name) : "the image");

/** @throws UserError when the number of values is not that of the size. */
function requirePixels(image: Pixels): Pixels {
  const { width, height, data } = image ?? {};
  if (width > 0 && height > 0 && data?.length === 4 * width * height) return image;
  throw new UserError(
    `an image is a Blob, or pixels with \`width\`, \`height\` and \`data\` of 4 values each; ` +
      `given: ${width}x${height} pixels and ${data?.length ?? "no"} values`,
  );
}

async function bitmapOf(image: Blob, title: string): Promise<ImageBitmap> {
  try {
    return await createImageBitmap(image, {
      ...{ imageOrientation: "from-image", premultiplyAlpha: "none", colorSpaceConversion: "default" },
    });
  } catch (error) {
    const { width = 0, height = 0 } = (await readHeader(image)) ?? {};
    if (width * height > LARGE)
      throw new UserError(`cannot decode ${title}: this browser does not decode ${width}x${height} pixels`);
    throw new UserError(
      `cannot decode ${title}: it is truncated or no image of a format that this browser decodes (${messageOf(error)})`,
    );
  }
}

/** The pixels of a bitmap. */
function readBack(bitmap: ImageBitmap, title: string): Rgba {
  const { width, height } = bitmap;
  const data = new Uint8Array(4 * width * height);
  const canvas = new OffscreenCanvas(width, Math.min(ROWS, height));
  // Canvases premultiply by alpha. With 8 bits that would lose colors, not with 16.
  const context = canvas.getContext("2d", {
    colorType: "float16",
    willReadFrequently: true,
  } as CanvasRenderingContext2DSettings);
  if (!context) throw new UserError(`cannot decode ${title}: the browser has no memory for ${width}x${height} pixels`);
  for (let top = 0; top < height; top += ROWS) {
    const rows = Math.min(ROWS, height - top);
    context.clearRect(0, 0, width, rows);
    context.drawImage(bitmap, 0, top, width, rows, 0, 0, width, rows);
    data.set(context.getImageData(0, 0, width, rows).data, 4 * width * top);
  }
  return { width, height, channels: 4, data };
}
