import { magnitudes, saliency } from "../inspection/saliency.js";
import type { BrowserImage, BrowserRecognizer, GradientMap } from "./api.js";
import { decodeRgba } from "./decode.js";
import { overWhite, pixelsOf } from "./pixels.js";
import type { Work } from "./work.js";

/** As `Legible.gradient`: the map of `legible gradient` for an image. */
export async function gradient(
  { models }: Work,
  recognizer: BrowserRecognizer,
  given: BrowserImage,
  { of }: { readonly of?: number } = {},
): Promise<GradientMap> {
  const image = overWhite(pixelsOf(await decodeRgba(given)));
  const { gradient: found, label, probability } = await saliency(models.recognizer(recognizer).model, image, of);
  const [, , height = 0, width = 0] = found.shape;
  return { width, height, magnitudes: magnitudes(found), class: label, probability };
}
