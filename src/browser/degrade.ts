/// <reference lib="dom" />
import { denoise } from "../data/tasks/denoise.js";
import { sr } from "../data/tasks/sr.js";
import { UserError } from "../errors.js";
import { centerCrop } from "../images/crop.js";
import type { Image } from "../images/image.js";
import { randomAt } from "../random.js";
import type { BrowserImage, Pixels } from "./api.js";
import { decodeRgba } from "./decode.js";
import { opaquePixels, overWhite, pixelsOf } from "./pixels.js";
import type { Work } from "./work.js";

/** As `Legible.degrade`. */
export async function degrade(
  _: Work,
  given: BrowserImage,
  task: "sr" | "denoise" | "jpeg",
  strength: number,
  seed = 0,
): Promise<Pixels> {
  return opaquePixels(await degraded(overWhite(pixelsOf(await decodeRgba(given))), task, strength, randomAt(seed, 0)));
}

/**
 * Degrades an image, after a center crop to a multiple of the scale, as `legible degrade` does: downscaling and noise exactly.
 * JPEG files are those of the browser.
 * @param strength the scale (sr), the standard deviation (denoise) or the quality (jpeg).
 * @throws UserError for an unknown task, a strength out of range, or an image smaller than the scale.
 */
export async function degraded(image: Image, task: string, strength: number, random: ReturnType<typeof randomAt>) {
  if (task === "denoise") return denoise.create({ sigma: strength }).degrade(image, random);
  if (task === "jpeg") return throughJpeg(image, strength);
  if (task !== "sr") throw new UserError(`\`task\` is ${task}; expected sr, denoise or jpeg`);
  const { degrade, scale } = sr.create({ scale: strength });
  const [width, height] = [image.width - (image.width % scale), image.height - (image.height % scale)];
  if (width === 0 || height === 0)
    throw new UserError(
      `cannot degrade the image: ${image.width}x${image.height} pixels are too few for scale ${scale}`,
    );
  return degrade(centerCrop(image, width, height), random);
}

/** Encodes an image as JPEG of a quality from 1 to 100 with the browser's encoder, and decodes it again. */
export async function throughJpeg(image: Image, quality: number): Promise<Image> {
  if (!Number.isInteger(quality) || quality < 1 || quality > 100)
    throw new UserError(`\`quality\` is ${quality}; expected an integer from 1 to 100`);
  const { width, height, data } = opaquePixels(image);
  const canvas = new OffscreenCanvas(width, height);
  canvas.getContext("2d")?.putImageData(new ImageData(data, width, height), 0, 0);
  const blob = await canvas.convertToBlob({ type: "image/jpeg", quality: quality / 100 });
  return overWhite(pixelsOf(await decodeRgba(blob)));
}
