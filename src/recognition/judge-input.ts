import type { Image } from "../images/image.js";
import { toPlanar } from "../images/planar.js";
import { resize } from "../images/resize.js";

/** Resized images by their array and side: judges with the same input size share them. */
const inputs = new WeakMap<readonly Image[], Map<number, Float32Array>>();

/** Images resized to squares (bilinear, antialiased): [N, 3, side, side], RGB in [0, 1]. Do not change the result. */
export function judgeInput(images: readonly Image[], side: number): Float32Array {
  const bySide = inputs.get(images) ?? new Map<number, Float32Array>();
  inputs.set(images, bySide);
  const input = bySide.get(side) ?? resized(images, side);
  bySide.set(side, input);
  return input;
}

function resized(images: readonly Image[], side: number): Float32Array {
  const size = 3 * side * side;
  const input = new Float32Array(images.length * size);
  for (const [i, image] of images.entries()) toPlanar(resize(image, side, side, "bilinear"), input, i * size);
  return input;
}
