import { createHash } from "node:crypto";
import type { Part } from "./sources/source.js";

/** A random split of images into a training part and a test part. */
export interface Split {
  /** Share of the training part, between 0 and 1. */
  readonly train: number;
  /** Seed of the split. */
  readonly seed: number;
}

/**
 * The part that an image belongs to: training if the first four bytes of SHA-256("SEED/NAME"), as a number in [0, 1), are
 * below `train`. It depends only on the image's name and the seed, so no image changes parts when others are added,
 * removed or reordered.
 */
export function partOf(name: string, { train, seed }: Split): Part {
  const digest = createHash("sha256").update(`${seed}/${name}`).digest();
  return digest.readUInt32BE() / 2 ** 32 < train ? "train" : "test";
}
