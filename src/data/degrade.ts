import { UserError } from "../errors.js";
import { centerCrop } from "../images/crop.js";
import { decodeImage, encodeImage } from "../platform/node/codec.js";
import type { Random } from "../random.js";
import type { Task } from "./task.js";

/**
 * Degrades an image file as the input of a processor for the task, after a center crop to a multiple of the task's scale. The
 * format is that of the output's extension. The output is written atomically.
 * @returns width and height of the output in pixels, and the flaw of the input's file if it was decoded nevertheless.
 * @throws UserError when the input cannot be decoded or is smaller than the scale, or the output cannot be written.
 */
export async function degradeFile(task: Task, input: string, output: string, random: Random) {
  const { scale } = task;
  let flaw: string | undefined;
  const image = await decodeImage(input, { onFlaw: (found) => (flaw = found) });
  const [width, height] = [image.width - (image.width % scale), image.height - (image.height % scale)];
  if (width === 0 || height === 0)
    throw new UserError(
      `cannot degrade ${input}: ${image.width}x${image.height} pixels are too few for scale ${scale}`,
    );
  const degraded = await task.degrade(centerCrop(image, width, height), random);
  await encodeImage(degraded, output);
  return { width: degraded.width, height: degraded.height, ...(flaw !== undefined && { flaw }) };
}
