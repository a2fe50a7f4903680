import sharp from "sharp";
import type { Image } from "../images/image.js";

/** Pixels on the longer side of an image in a page. */
export const LARGEST_SIDE = 448;
/** Of images that are reduced, which have lost detail already. */
const QUALITY = 90;

/** An image as a data URI for a page: lossless WebP if it fits, otherwise reduced. The same image gives the same text. */
export async function embeddedImage({ width, height, data }: Image): Promise<string> {
  const pipeline = sharp(data, { raw: { width, height, channels: 3 }, limitInputPixels: false });
  const fits = Math.max(width, height) <= LARGEST_SIDE;
  const encoded = fits
    ? pipeline.webp({ lossless: true })
    : pipeline.resize({ width: LARGEST_SIDE, height: LARGEST_SIDE, fit: "inside" }).webp({ quality: QUALITY });
  return `data:image/webp;base64,${(await encoded.toBuffer()).toString("base64")}`;
}
