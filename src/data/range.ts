import { z } from "zod";
import type { Random } from "../random.js";

/** A fixed value, or the bounds of a uniform distribution from which a value is drawn for each image. */
export type Range = number | readonly [low: number, high: number];

interface Limits {
  readonly min: number;
  readonly max: number;
  /** Whether only whole numbers are allowed. Default: false. */
  readonly whole?: boolean;
}

/**
 * The schema of an option of type `Range`. Accepts 0.1, [0.05, 0.2], and text as on the command line: "0.05..0.2". Parsing is
 * idempotent.
 */
export function range({ min, max, whole = false }: Limits) {
  const fits = (value: number): boolean => value >= min && value <= max && (!whole || Number.isInteger(value));
  const message = `expected a ${whole ? "whole " : ""}number from ${min} to ${max}, or a range such as ${min}..${max}`;
  return z.unknown().transform((value, context): Range => {
    const [low, high, ...rest] = endsOf(value);
    const valid = low !== undefined && fits(low) && rest.length === 0;
    if (valid && high === undefined) return low;
    if (valid && high !== undefined && fits(high) && low <= high) return [low, high];
    context.addIssue({ code: "custom", message });
    return z.NEVER;
  });
}

function endsOf(value: unknown): number[] {
  const ends = typeof value === "string" ? value.split("..") : Array.isArray(value) ? value : [value];
  return ends.map((end) => {
    if (typeof end === "number") return end;
    return typeof end === "string" && end.trim() !== "" ? Number(end) : Number.NaN;
  });
}

/** Draws uniformly from [low, high). */
export const between = ([low, high]: readonly [number, number], random: Random): number =>
  low + (high - low) * random.uniform();

/** Draws the value for an image. */
export const draw = (range: Range, random: Random): number =>
  typeof range === "number" ? range : between(range, random);

/** Draws a whole number for an image, uniformly from low to high inclusive. */
export const drawWhole = (range: Range, random: Random): number =>
  typeof range === "number" ? range : range[0] + random.integer(range[1] - range[0] + 1);
