import { z } from "zod";
import { adjustColor } from "../images/color.js";
import { crop, flipHorizontal } from "../images/crop.js";
import type { Image } from "../images/image.js";
import { resize } from "../images/resize.js";
import type { Random } from "../random.js";

/** How pictures are varied before a recognizer learns from them. */
export const Augmentation = z.object({
  /** Least side of the random square that is seen, as a share of the shorter side; 1 always takes as much as there is. */
  crop: z.number().min(0.05).max(1),
  /** Whether every other picture is seen in a mirror. */
  flip: z.boolean(),
  /** By which share brightness, contrast and saturation change at most. */
  color: z.number().min(0).max(1),
});
export type Augmentation = z.infer<typeof Augmentation>;

/** A random square of a photograph as `size` x `size` pixels, varied. */
export function augmented(photograph: Image, size: number, augmentation: Augmentation, random: Random): Image {
  const mirrored = random.integer(2) === 1 && augmentation.flip;
  const square = randomSquare(photograph, augmentation.crop, random);
  const sized = resize(mirrored ? flipHorizontal(square) : square, size, size, "bilinear");
  if (augmentation.color === 0) return sized;
  const factor = () => 1 + augmentation.color * (2 * random.uniform() - 1);
  return adjustColor(sized, { brightness: factor(), contrast: factor(), saturation: factor() });
}

function randomSquare(image: Image, least: number, random: Random): Image {
  const shorter = Math.min(image.width, image.height);
  const side = Math.max(1, Math.round(shorter * (least + (1 - least) * random.uniform())));
  return crop(image, random.integer(image.width - side + 1), random.integer(image.height - side + 1), side, side);
}
