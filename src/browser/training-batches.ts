import { Epochs } from "../data/epochs.js";
import type { Sampler } from "../data/restoration-sampler.js";
import { SHORTER_SIDE } from "../data/samples.js";
import { UserError } from "../errors.js";
import type { Image } from "../images/image.js";
import { toPlanar } from "../images/planar.js";
import { resize } from "../images/resize.js";
import { float32, int64 } from "../onnx/tensor.js";
import { randomAt } from "../random.js";
import type { Tensors } from "../runtime/backend.js";
import { LABELS } from "../training/label-inputs.js";
import type { BrowserTraining } from "./api.js";
import { decodeRgba } from "./decode.js";
import { overWhite, pixelsOf } from "./pixels.js";

interface BatchOptions {
  readonly batch: number;
  readonly seed: number;
  readonly crop: number;
  readonly scale: number;
  /** Whether the loss reads the classes of the images. */
  readonly labeled: boolean;
}

/**
 * The batches of a training on images of the page: those that `legible train` makes of the same images in the order of their
 * names.
 * @returns the inputs `degraded`, `clean` and `labels` of a step.
 * @throws UserError when an image cannot be decoded, or classes are needed and missing.
 */
export async function pageBatches(
  { images, labels, recognizer }: BrowserTraining,
  sampler: Sampler,
  { batch, seed, crop, scale, labeled }: BatchOptions,
): Promise<(step: number) => Promise<Tensors>> {
  if (images.length === 0) throw new UserError("cannot train: `images` is empty");
  if (labeled && labels?.length !== images.length)
    throw new UserError(`cannot train: \`labels\` needs a class for each of the ${images.length} images`);
  const wrong = labels?.find((label) => !(Number.isInteger(label) && label >= 0 && label < (recognizer?.classes ?? 0)));
  if (labeled && wrong !== undefined)
    throw new UserError(
      `cannot train: \`labels\` has ${wrong}; ${recognizer?.name} has ${recognizer?.classes} classes`,
    );
  const decoded: Image[] = [];
  for (const image of images) decoded.push(shrunk(overWhite(pixelsOf(await decodeRgba(image)))));
  const epochs = new Epochs(images.length, seed);
  return async (step) => {
    const clean = new Float32Array(batch * 3 * crop ** 2);
    const degraded = new Float32Array(clean.length / scale ** 2);
    const classes: number[] = [];
    for (let i = 0; i < batch; i++) {
      const { epoch, position } = epochs.locate(step * batch + i);
      const item = epochs.orderOf(epoch)[position] as number;
      const sample = await sampler.sample(decoded[item] as Image, randomAt(seed, epoch, position));
      toPlanar(sample.images.clean as Image, clean, i * 3 * crop ** 2);
      toPlanar(sample.images.degraded as Image, degraded, i * 3 * (crop / scale) ** 2);
      classes.push(labels?.[item] ?? -1);
    }
    return {
      degraded: float32(degraded, [batch, 3, crop / scale, crop / scale]),
      clean: float32(clean, [batch, 3, crop, crop]),
      ...(labeled && { [LABELS]: int64(classes) }),
    };
  };
}

/** Rounds the longer side, as `decodeShrunk` of Node.js does: one pixel more or less moves every random crop. */
function shrunk(image: Image): Image {
  const factor = SHORTER_SIDE / Math.min(image.width, image.height);
  if (factor >= 1) return image;
  return resize(image, Math.round(image.width * factor), Math.round(image.height * factor), "bicubic");
}
