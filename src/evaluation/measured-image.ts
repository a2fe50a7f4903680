import { z } from "zod";

const anyNumber = z.custom<number>((value) => typeof value === "number");

/** A number; NaN and infinities, which JSON lacks, as strings. */
const Score = z.codec(z.union([z.number(), z.literal(["NaN", "Infinity", "-Infinity"])]), anyNumber, {
  decode: Number,
  encode: (value) => (Number.isFinite(value) ? value : (String(value) as "NaN")),
});

/** Decibels; infinite ones, of equal images, as null. */
const Decibels = z.codec(z.number().nullable(), anyNumber, {
  decode: (value) => value ?? Number.POSITIVE_INFINITY,
  encode: (value) => (Number.isFinite(value) ? value : null),
});

/** The classes that a judge ranks first, with their scores. */
export const Ranked = z.array(z.object({ class: z.number().int(), score: Score })).readonly();

/** See `Quality`. */
export const MeasuredQuality = z.object({
  psnr: Decibels,
  ssim: z.number(),
  psnr_y: Decibels.exactOptional(),
  ssim_y: z.number().exactOptional(),
});

/** An image as one processor restored it. */
const MeasuredRow = MeasuredQuality.extend({
  /** By judge. */
  predictions: z.array(z.object({ kind: z.literal("class"), ranked: Ranked })).readonly(),
});
export type MeasuredRow = z.output<typeof MeasuredRow>;

/** Everything measured of one image. `z.encode` gives JSON, `z.decode` reads it. */
export const MeasuredImage = z.object({
  file: z.string(),
  /** Its class; null: none. */
  label: z.number().int().nullable(),
  /** "none" first, then each processor, "clean" last. */
  rows: z.array(MeasuredRow).readonly(),
});
export type MeasuredImage = z.output<typeof MeasuredImage>;
