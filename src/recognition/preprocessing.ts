import { z } from "zod";

/** Three numbers; one stands for all channels. */
const Triple = z.preprocess(
  (given) => {
    const [only] = Array.isArray(given) && given.length === 1 ? given : [given];
    return typeof only === "number" ? [only, only, only] : given;
  },
  z.tuple([z.number(), z.number(), z.number()]),
);

/** How an image becomes the input of a recognizer: ((image in [0, 1]) · range - mean) / std. */
export const Preprocessing = z.object({
  /** Side of the square input in pixels. */
  size: z.number().int().positive(),
  layout: z.enum(["NCHW", "NHWC"]),
  /** GRAY: one channel, computed from RGB with the weights of BT.601. */
  channels: z.enum(["RGB", "BGR", "GRAY"]),
  /** The value of white before `mean` and `std`. */
  range: z.union([z.literal(1), z.literal(255)]),
  /** Subtracted from each channel (values in [0, range]), in RGB order. Gray takes the first. */
  mean: Triple,
  /** Divisor of each channel after `mean` is subtracted, in RGB order. */
  std: Triple.refine((std) => std.every((s) => s !== 0), "a standard deviation is 0"),
});
export type Preprocessing = z.infer<typeof Preprocessing>;

/** Settings of the caller, each of which overrides the files. */
export type PreprocessingOverrides = { readonly [K in keyof Preprocessing]?: Preprocessing[K] | undefined };
