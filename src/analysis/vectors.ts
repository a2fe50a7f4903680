import type { Random } from "../random.js";
import { normalize } from "../recognition/loss-gradient.js";

/** The scalar product of two vectors. */
export function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

/** The L2 norm of a vector. */
export const norm = (a: Float32Array): number => Math.sqrt(dot(a, a));

/** The cosine of the angle between two vectors; null if one of them is zero. */
export function cosine(a: Float32Array, b: Float32Array): number | null {
  const product = norm(a) * norm(b);
  return product > 0 ? dot(a, b) / product : null;
}

/** The unit vector from one point to another; zeros if the points are equal. */
export function directionBetween(from: Float32Array, to: Float32Array): Float32Array {
  const direction = Float32Array.from(to, (value, i) => value - (from[i] as number));
  normalize(direction);
  return direction;
}

/** A unit vector, uniform over all directions. */
export function randomDirection(length: number, random: Random): Float32Array {
  const direction = Float32Array.from({ length }, () => random.normal());
  normalize(direction);
  return direction;
}

/** The unit vector of the part of `vector` that is orthogonal to the unit vector `to` (Gram-Schmidt, twice for precision). */
export function orthogonalDirection(vector: Float32Array, to: Float32Array): Float32Array {
  const rest = vector.slice();
  for (let repeat = 0; repeat < 2; repeat++) {
    const along = dot(rest, to);
    for (let i = 0; i < rest.length; i++) rest[i] = (rest[i] as number) - along * (to[i] as number);
    normalize(rest);
  }
  return rest;
}

/** Writes origin + across · u + up · v to `out` at `offset`. */
export function pointAt(
  origin: Float32Array,
  [u, across]: readonly [Float32Array, number],
  [v, up]: readonly [Float32Array, number],
  out: Float32Array,
  offset = 0,
): void {
  for (let i = 0; i < origin.length; i++)
    out[offset + i] = (origin[i] as number) + across * (u[i] as number) + up * (v[i] as number);
}

/**
 * The unit of distances in results: an L2 norm in units of RGB in [0, 1] as the root-mean-square change of a value in gray
 * levels, 255 · L2 / √values. It does not depend on the size of images.
 */
export const grayLevels = (l2: number, values: number): number => (255 * l2) / Math.sqrt(values);

/** The L2 norm, in units of RGB in [0, 1], of a root-mean-square change in gray levels. */
export const l2Norm = (levels: number, values: number): number => (levels * Math.sqrt(values)) / 255;
