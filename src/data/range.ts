import { z } from "zod";
import type { Random } from "../random.js";

/** One value for every image, or the lowest and the highest of those that are drawn, one for each image. */
export type Range = number | readonly [low: number, high: number];

interface Limits {
  readonly min: number;
  readonly max: number;
  /** Whole numbers only. */
  readonly whole?: boolean;
}

/**
 * The schema of an option that is a `Range`: 0.1, [0.05, 0.2], or, as on the command line, "0.05..0.2". What it gives may
 * be given to it again.
 */
export function range({ min, max, whole = false }: Limits) {
  const fits = (value: number): boolean => value >= min && value <= max && (!whole || Number.isInteger(value));
  const message = `expected a ${whole ? "whole " : ""}number from ${min} to ${max}, or a range such as ${min}..${max}`;
  return z.unknown().transform((given, context): Range => {
    const [low, high, ...rest] = endsOf(given);
    const known = low !== undefined && fits(low) && rest.length === 0;
    if (known && high === undefined) return low;
    if (known && high !== undefined && fits(high) && low <= high) return [low, high];
    context.addIssue({ code: "custom", message });
    return z.NEVER;
  });
}

function endsOf(given: unknown): number[] {
  const ends = typeof given === "string" ? given.split("..") : Array.isArray(given) ? given : [given];
  return ends.map((end) => {
    if (typeof end === "number") return end;
    return typeof end === "string" && end.trim() !== "" ? Number(end) : Number.NaN;
  });
}

/** Uniform between two numbers. */
export const between = ([low, high]: readonly [number, number], random: Random): number =>
  low + (high - low) * random.uniform();

/** The value for one image. */
export const draw = (range: Range, random: Random): number =>
  typeof range === "number" ? range : between(range, random);

/** The same where only whole numbers will do; both ends are as likely as the others. */
export const drawWhole = (range: Range, random: Random): number =>
  typeof range === "number" ? range : range[0] + random.integer(range[1] - range[0] + 1);
