import { UserError } from "../errors.js";
import { centerCrop } from "../images/crop.js";
import { decodeImage, encodeImage } from "../platform/node/codec.js";
import type { Random } from "../random.js";
import type { Task } from "./task.js";

/**
 * Writes the degraded version of an image file, the input of a processor for the task. The image is first center-cropped to
 * a multiple of the task's scale. The output's extension determines the file format.
 * @returns the size of the degraded image.
 * @throws UserError when the input is not an image or is smaller than the scale, or the output cannot be written.
 */
export async function degradeFile(task: Task, input: string, output: string, random: Random) {
  const { scale } = task;
  const image = await decodeImage(input);
  const [width, height] = [image.width - (image.width % scale), image.height - (image.height % scale)];
  if (width === 0 || height === 0)
    throw new UserError(
      `cannot degrade ${input}: ${image.width}x${image.height} pixels are too few for scale ${scale}`,
    );
  const degraded = await task.degrade(centerCrop(image, width, height), random);
  await encodeImage(degraded, output);
  return { width: degraded.width, height: degraded.height };
}
