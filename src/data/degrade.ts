import { UserError } from "../errors.js";
import { centerCrop } from "../images/crop.js";
import { decodeImage, encodedImage } from "../platform/node/codec.js";
import type { Random } from "../random.js";
import type { Task } from "./task.js";

/** The content of an image file, and its path for messages. */
interface ImageFile {
  readonly input: string;
  readonly content: Buffer;
}

/**
 * Degrades the content of an image file as the input of a processor for the task, after a center crop to a multiple of the
 * task's scale.
 * @param output the path of the result, whose extension decides its format. Nothing is written.
 * @returns the encoded result; its width and height in pixels, and the flaw of the input if it was decoded nevertheless.
 * @throws UserError when the input cannot be decoded or is smaller than the scale.
 */
export async function degradedFile(task: Task, { input, content }: ImageFile, output: string, random: Random) {
  const { scale } = task;
  let flaw: string | undefined;
  const image = await decodeImage(content, { name: input, onFlaw: (found) => (flaw = found) });
  const [width, height] = [image.width - (image.width % scale), image.height - (image.height % scale)];
  if (width === 0 || height === 0)
    throw new UserError(
      `cannot degrade ${input}: ${image.width}x${image.height} pixels are too few for scale ${scale}`,
    );
  const degraded = await task.degrade(centerCrop(image, width, height), random);
  const result = { width: degraded.width, height: degraded.height, ...(flaw !== undefined && { flaw }) };
  return { content: await encodedImage(degraded, output), result };
}
