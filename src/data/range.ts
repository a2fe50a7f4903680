import { z } from "zod";
import type { Random } from "../random.js";

/** One value for all images, or bounds between which a value is sampled uniformly for each image. */
export type Range = number | readonly [low: number, high: number];

interface Limits {
  readonly min: number;
  readonly max: number;
  /** Whether only integers are allowed. Default: false. */
  readonly integer?: boolean;
}

/**
 * The schema of an option that is a `Range`: 0.1, [0.05, 0.2] or the string "0.05..0.2". Its output is also valid input.
 */
export function range({ min, max, integer = false }: Limits) {
  const fits = (value: number): boolean => value >= min && value <= max && (!integer || Number.isInteger(value));
  const message = `expected ${integer ? "an integer" : "a number"} from ${min} to ${max}, or a range such as ${min}..${max}`;
  return z.unknown().transform((given, context): Range => {
    const [low, high, ...rest] = endsOf(given);
    const valid = low !== undefined && fits(low) && rest.length === 0;
    if (valid && high === undefined) return low;
    if (valid && high !== undefined && fits(high) && low <= high) return [low, high];
    context.addIssue({ code: "custom", message });
    return z.NEVER;
  });
}

/** The bounds in a given value, NaN for each that is not a number. */
function endsOf(given: unknown): number[] {
  const ends = typeof given === "string" ? given.split("..") : Array.isArray(given) ? given : [given];
  return ends.map((end) => {
    if (typeof end === "number") return end;
    return typeof end === "string" && end.trim() !== "" ? Number(end) : Number.NaN;
  });
}

/** A number sampled uniformly from [low, high). */
export const between = ([low, high]: readonly [number, number], random: Random): number =>
  low + (high - low) * random.uniform();

/** The value for one image. A fixed number consumes no randomness. */
export const draw = (range: Range, random: Random): number =>
  typeof range === "number" ? range : between(range, random);

/** The integer for one image, sampled uniformly from low, low + 1, …, high. */
export const drawInteger = (range: Range, random: Random): number =>
  typeof range === "number" ? range : range[0] + random.integer(range[1] - range[0] + 1);
