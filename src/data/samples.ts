import { crop, flipHorizontal, shrinkShorterSide, shrunkCenter, shrunkSize } from "../images/crop.js";
import type { Image } from "../images/image.js";
import { resize } from "../images/resize.js";
import type { Random } from "../random.js";
import type { Task } from "./task.js";

/** The shorter side that photographs are reduced to before they are cropped, in training and in evaluation. */
export const SHORTER_SIDE = 256;
/** The side of the centered crop that is evaluated. */
const EVALUATION_CROP = 224;

export interface TrainingSample {
  /** `side` x `side` pixels. */
  clean: Image;
  /** `side / scale` in both directions. */
  degraded: Image;
}

/**
 * What one step of training sees of a photograph: reduced to a shorter side of 256, cropped at random to `side` x `side`,
 * mirrored every other time, then degraded. A photograph smaller than the crop is enlarged to it.
 * @throws UserError when `side` is not a multiple of the task's scale.
 */
export async function trainingSample(
  photograph: Image,
  task: Task,
  { crop: side }: { crop: number },
  random: Random,
): Promise<TrainingSample> {
  const image = enlargeShorterSide(shrinkShorterSide(photograph, SHORTER_SIDE), side);
  const left = random.integer(image.width - side + 1);
  const top = random.integer(image.height - side + 1);
  const mirrored = random.integer(2) === 1;
  const cropped = crop(image, left, top, side, side);
  const clean = mirrored ? flipHorizontal(cropped) : cropped;
  return { clean, degraded: await task.degrade(clean, random) };
}

/** The square in the middle of a photograph that is evaluated: at most 224 pixels a side, and a multiple of `multiple`. */
export function evaluationCrop(photograph: Image, multiple = 1): Image {
  const { width, height } = shrunkSize(photograph, SHORTER_SIDE);
  const largest = Math.min(EVALUATION_CROP, width, height);
  return shrunkCenter(photograph, SHORTER_SIDE, largest - (largest % multiple));
}

function enlargeShorterSide(image: Image, size: number): Image {
  const shorter = Math.min(image.width, image.height);
  if (shorter >= size) return image;
  const factor = size / shorter;
  return resize(image, Math.round(image.width * factor), Math.round(image.height * factor), "bicubic");
}
