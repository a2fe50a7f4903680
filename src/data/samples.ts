import { UserError } from "../errors.js";
import { crop, flipHorizontal, shrinkShorterSide, shrunkCenter, shrunkSize } from "../images/crop.js";
import type { Image } from "../images/image.js";
import { resize } from "../images/resize.js";
import type { Random } from "../random.js";
import type { Task } from "./task.js";

/** The shorter side that photographs are reduced to before they are cropped, in training and in evaluation. */
export const SHORTER_SIDE = 256;
/** The side of the centered crop that is evaluated. */
const EVALUATION_CROP = 224;
/** The smallest side that can be judged: SSIM looks through a window of 11 x 11 pixels. */
const SMALLEST_CROP = 11;

export interface TrainingSample {
  /** `side` x `side` pixels. */
  clean: Image;
  /** `side / scale` in both directions. */
  degraded: Image;
}

export interface EvaluationSample {
  clean: Image;
  degraded: Image;
  /** The degraded image at the clean one's size with nothing learned. */
  interpolated: Image;
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

/**
 * What is evaluated of a photograph: reduced to a shorter side of 256, cropped at the center to 224 x 224, then degraded.
 * The crop is square and a multiple of the task's scale, so it is smaller at scale 3 (222) and on small photographs.
 * @throws UserError when that leaves fewer than 11 x 11 pixels.
 */
export async function evaluationSample(photograph: Image, task: Task, random: Random): Promise<EvaluationSample> {
  const clean = evaluationCrop(photograph, task.scale);
  if (clean.width < SMALLEST_CROP)
    throw new UserError(`${photograph.width}x${photograph.height} pixels are too few to judge: SSIM needs 11 x 11`);
  const degraded = await task.degrade(clean, random);
  return { clean, degraded, interpolated: task.interpolate(degraded) };
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
