import { createHash } from "node:crypto";
import type { Part } from "./sources/source.js";

/** Divides pictures at random into those to train on and those to judge. */
export interface Split {
  /** The share to train on, between 0 and 1. */
  readonly train: number;
  /** Another seed gives another division. */
  readonly seed: number;
}

/**
 * The part that a picture belongs to. It follows from the picture's name and the seed alone: the first four bytes of
 * SHA-256("SEED/NAME"), as a number from 0 to 1, are below `train` or not. So no picture changes sides when others are
 * added, removed or listed in another order.
 */
export function partOf(name: string, { train, seed }: Split): Part {
  const digest = createHash("sha256").update(`${seed}/${name}`).digest();
  return digest.readUInt32BE() / 2 ** 32 < train ? "train" : "test";
}
