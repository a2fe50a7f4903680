import { z } from "zod";
import { adjustColor } from "../images/color.js";
import { crop, flipHorizontal } from "../images/crop.js";
import type { Image } from "../images/image.js";
import { type Region, resize } from "../images/resize.js";
import type { Random } from "../random.js";
import { croppedView, flippedView, resizedView, type View, wholeView } from "./view.js";

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

/** An augmented image, and what it shows of the image. */
export interface Augmented {
  readonly image: Image;
  readonly view: View;
}

/** A random square crop of an image, augmented and resized to `size` x `size` pixels. */
export function augmented(image: Image, size: number, augmentation: Augmentation, random: Random): Augmented {
  const flip = random.integer(2) === 1 && augmentation.flip;
  const square = randomSquare(image, augmentation.crop, random);
  const cut = crop(image, square.left, square.top, square.width, square.height);
  const resized = resize(flip ? flipHorizontal(cut) : cut, size, size, "bilinear");
  const seen = resizedView(croppedView(wholeView(image), square), size, size);
  const view = flip ? flippedView(seen) : seen;
  if (augmentation.color === 0) return { image: resized, view };
  const factor = () => 1 + augmentation.color * (2 * random.uniform() - 1);
  const colors = { brightness: factor(), contrast: factor(), saturation: factor() };
  return { image: adjustColor(resized, colors), view };
}

function randomSquare(image: Image, minSide: number, random: Random): Region {
  const shorter = Math.min(image.width, image.height);
  const side = Math.max(1, Math.round(shorter * (minSide + (1 - minSide) * random.uniform())));
  const [left, top] = [random.integer(image.width - side + 1), random.integer(image.height - side + 1)];
  return { left, top, width: side, height: side };
}
