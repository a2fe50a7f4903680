import { z } from "zod";
import { adjustColor } from "../images/color.js";
import { crop, flipHorizontal } from "../images/crop.js";
import type { Image } from "../images/image.js";
import { resize } from "../images/resize.js";
import type { Random } from "../random.js";

/** Data augmentation for the training of a recognizer. */
export const Augmentation = z.object({
  /** Smallest side of the random square crop, as a fraction of the shorter side. 1 always crops the largest square. */
  crop: z.number().min(0.05).max(1),
  /** Whether images are flipped horizontally with probability 1/2. */
  flip: z.boolean(),
  /** Largest relative change of brightness, contrast and saturation. */
  color: z.number().min(0).max(1),
});
export type Augmentation = z.infer<typeof Augmentation>;

/** A random square crop of an image, augmented and resized to `size` x `size` pixels. */
export function augmented(image: Image, size: number, augmentation: Augmentation, random: Random): Image {
  const flip = random.integer(2) === 1 && augmentation.flip;
  const square = randomSquare(image, augmentation.crop, random);
  const resized = resize(flip ? flipHorizontal(square) : square, size, size, "bilinear");
  if (augmentation.color === 0) return resized;
  const factor = () => 1 + augmentation.color * (2 * random.uniform() - 1);
  return adjustColor(resized, { brightness: factor(), contrast: factor(), saturation: factor() });
}

function randomSquare(image: Image, minSide: number, random: Random): Image {
  const shorter = Math.min(image.width, image.height);
  const side = Math.max(1, Math.round(shorter * (minSide + (1 - minSide) * random.uniform())));
  return crop(image, random.integer(image.width - side + 1), random.integer(image.height - side + 1), side, side);
}
