import { UserError } from "../errors.js";
import { magnitudes, saliency } from "../inspection/saliency.js";
import { requireGradientPath } from "../recognition/gradient-path.js";
import type { BrowserImage, BrowserRecognizer, GradientMap } from "./api.js";
import { decodeRgba } from "./decode.js";
import { overWhite, pixelsOf } from "./pixels.js";
import type { Work } from "./work.js";

/**
 * As `Legible.gradient`: the map of `legible gradient` for an image.
 * @throws UserError when no gradient passes to the image, or `of` is no class; the message names the operator.
 */
export async function gradient(
  { models }: Work,
  recognizer: BrowserRecognizer,
  given: BrowserImage,
  { of }: { readonly of?: number } = {},
): Promise<GradientMap> {
  const { model } = models.recognizer(recognizer);
  requireGradientPath(model, "differentiate");
  if (of !== undefined && !(Number.isInteger(of) && of >= 0))
    throw new UserError(`\`of\` is ${of}; expected a class, a whole number of 0 or more`);
  const image = overWhite(pixelsOf(await decodeRgba(given)));
  const { gradient: found, label, probability } = await saliency(model, image, of);
  const [, , height = 0, width = 0] = found.shape;
  return { width, height, magnitudes: magnitudes(found), class: label, probability };
}
