import { z } from "zod";
import { Degradation } from "../metrics/degradation/degradation.js";
import type { TrueBox } from "../metrics/detection/boxes.js";
import type { BoxesPrediction, ClassPrediction, LabelsPrediction } from "../recognition/judge.js";

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

/** A float32 number as the shortest decimal that identifies it. */
const Float32 = z.codec(z.number(), anyNumber, { decode: Math.fround, encode: shortest });

function shortest(value: number): number {
  for (let digits = 6; digits < 9; digits++) {
    const rounded = Number(value.toPrecision(digits));
    if (Math.fround(rounded) === Math.fround(value)) return rounded;
  }
  return Number(value.toPrecision(9));
}

/** Boxes of a detector, [class, score, left, top, right, bottom] each in the file: float32, which keeps AP. */
export const FoundBoxes = z.codec(
  z.array(z.tuple([z.number().int(), Float32, Float32, Float32, Float32, Float32])),
  z.custom<BoxesPrediction["boxes"]>(Array.isArray),
  {
    decode: (boxes) =>
      boxes.map(([index, score, left, top, right, bottom]) => ({ class: index, score, left, top, right, bottom })),
    encode: (boxes) =>
      boxes.map(
        ({ class: index, score, left, top, right, bottom }) => [index, score, left, top, right, bottom] as never,
      ),
  },
);

/** Pixels of an image by their true class and the class that a segmenter predicts: [truth, predicted, pixels]. */
export const Confusions = z
  .array(z.tuple([z.number().int(), z.number().int(), z.number().int()]).readonly())
  .readonly();
export type Confusions = z.output<typeof Confusions>;

/** What is kept of a segmenter's prediction: how often it predicts each class where each class is true. */
export interface ConfusionsPrediction {
  readonly kind: "label-map";
  readonly confusions: Confusions;
}

/** The labels of an open vocabulary, best first. */
export const Labels = z
  .array(z.object({ name: z.string(), confidence: z.number().min(0).max(1).nullable() }))
  .readonly();

/** What is kept of a judge's prediction for an image. */
export type StoredPrediction = ClassPrediction | BoxesPrediction | ConfusionsPrediction | LabelsPrediction;

const StoredPrediction = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("class"), ranked: Ranked }),
  z.object({ kind: z.literal("boxes"), boxes: FoundBoxes }),
  z.object({ kind: z.literal("label-map"), confusions: Confusions }),
  z.object({ kind: z.literal("labels"), labels: Labels }),
]);

/** The annotated objects of an image. */
export const TrueBoxes = z
  .array(
    z.object({
      class: z.number().int(),
      ...{ left: z.number(), top: z.number(), right: z.number(), bottom: z.number() },
      difficult: z.boolean().exactOptional(),
      truncated: z.boolean().exactOptional(),
      crowd: z.boolean().exactOptional(),
      area: z.number().exactOptional(),
    }) satisfies z.ZodType<TrueBox>,
  )
  .readonly();

const Peak = z.object({ peak: z.number(), around: z.number() }).readonly();

/** See `Quality`. */
export const MeasuredQuality = z.object({
  psnr: Decibels,
  ssim: z.number(),
  psnr_y: Decibels.exactOptional(),
  ssim_y: z.number().exactOptional(),
  lattice: z.object({ quarter: Peak, half: Peak }).readonly().exactOptional(),
});

/** An image as one processor restored it. */
const MeasuredRow = MeasuredQuality.extend({
  /** In the row of a gate: whether the processor was applied. */
  processed: z.boolean().exactOptional(),
  /** By judge. */
  predictions: z.array(StoredPrediction).readonly(),
  /** After each handling, by judge; absent without handlings. */
  handled: z.array(z.array(StoredPrediction).readonly()).readonly().exactOptional(),
});
export type MeasuredRow = z.output<typeof MeasuredRow>;

/** Everything measured of one image. `z.encode` gives JSON, `z.decode` reads it. */
export const MeasuredImage = z.object({
  file: z.string(),
  /** Its class; null: none. */
  label: z.number().int().nullable(),
  /** Its objects, in pixels of the part that is evaluated; absent if its annotation is no boxes. */
  boxes: TrueBoxes.exactOptional(),
  /** Estimated from the degraded image alone; absent in records of earlier versions. */
  degradation: Degradation.exactOptional(),
  /** "none" first, then each processor, "clean" last. */
  rows: z.array(MeasuredRow).readonly(),
});
export type MeasuredImage = z.output<typeof MeasuredImage>;
