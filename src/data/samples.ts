import { crop, flipHorizontal, type Size, shrinkShorterSide, shrunkCenter, shrunkSize } from "../images/crop.js";
import type { Image } from "../images/image.js";
import { resize } from "../images/resize.js";
import type { Random } from "../random.js";
import type { Task } from "./task.js";
import { croppedView, flippedView, resizedView, type View, wholeView } from "./view.js";

/** The shorter side to which images are reduced before they are cropped, in training and evaluation. */
export const SHORTER_SIDE = 256;
/** The side of the center crop for evaluation. */
const EVALUATION_CROP = 224;

/** A pair of images for the training of a processor. */
export interface TrainingSample {
  /** `side` x `side` pixels. */
  clean: Image;
  /** `side / scale` x `side / scale` pixels. */
  degraded: Image;
  /** What the clean image shows of the image. */
  view: View;
}

/**
 * A training sample of an image: shorter side reduced to 256, random crop of `side` x `side` pixels, horizontal flip with
 * probability 1/2, then degradation. An image smaller than the crop is enlarged to its size.
 * @throws UserError when `side` is not a multiple of the task's scale.
 */
export async function trainingSample(
  image: Image,
  task: Task,
  { crop: side }: { crop: number },
  random: Random,
): Promise<TrainingSample> {
  const resized = enlargeShorterSide(shrinkShorterSide(image, SHORTER_SIDE), side);
  const left = random.integer(resized.width - side + 1);
  const top = random.integer(resized.height - side + 1);
  const flip = random.integer(2) === 1;
  const cropped = crop(resized, left, top, side, side);
  const clean = flip ? flipHorizontal(cropped) : cropped;
  const whole = resizedView(wholeView(image), resized.width, resized.height);
  const seen = croppedView(whole, { left, top, width: side, height: side });
  return { clean, degraded: await task.degrade(clean, random), view: flip ? flippedView(seen) : seen };
}

/** The center crop of an image for evaluation: a square of at most 224 pixels a side, a multiple of `multiple`. */
export const evaluationCrop = (image: Image, multiple = 1): Image =>
  shrunkCenter(image, SHORTER_SIDE, evaluationSide(shrunkSize(image, SHORTER_SIDE), multiple));

/** The side of that crop in an image whose shorter side is reduced already. */
export function evaluationSide({ width, height }: Size, multiple = 1): number {
  const largest = Math.min(EVALUATION_CROP, width, height);
  return largest - (largest % multiple);
}

function enlargeShorterSide(image: Image, size: number): Image {
  const shorter = Math.min(image.width, image.height);
  if (shorter >= size) return image;
  const factor = size / shorter;
  return resize(image, Math.round(image.width * factor), Math.round(image.height * factor), "bicubic");
}
