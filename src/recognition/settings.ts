import { z } from "zod";
import { sideLength, wholeNumber } from "../settings.js";
import type { RecognizerSettings } from "./recognizer.js";

const Triple = z.tuple([z.number(), z.number(), z.number()]);

/** Settings of a recognizer's input and output; they override its files. */
export const recognizerInputSettings = {
  size: sideLength().optional().describe("side of the recognizer's input in pixels").meta({ placeholder: "n" }),
  mean: Triple.optional()
    .describe("mean that is subtracted from RGB, in units of range")
    .meta({ placeholder: "r,g,b" }),
  std: Triple.optional()
    .describe("standard deviation: divisor of RGB after mean is subtracted")
    .meta({ placeholder: "r,g,b" }),
  range: z
    .literal([1, 255])
    .optional()
    .describe("value of white before mean and std are applied (default: 255 for integer inputs, otherwise 1)"),
  layout: z.enum(["NCHW", "NHWC"]).optional().describe("axis order of the recognizer's input"),
  channels: z
    .enum(["RGB", "BGR", "GRAY"])
    .optional()
    .describe("channels of the recognizer's input; GRAY is computed from RGB (default: GRAY if the input has one)"),
  output: z
    .string()
    .optional()
    .describe("name of the recognizer's output with the class scores (default: the first)")
    .meta({ placeholder: "name" }),
  classOffset: wholeNumber()
    .optional()
    .describe(
      "index of the recognizer's output of class 0: 1 if the first is a background class (default: found from the counts)",
    )
    .meta({ placeholder: "n" }),
};

/** Selects the settings of a recognizer from a command's settings. */
export const recognizerFrom = (settings: RecognizerSettings): RecognizerSettings => {
  const { size, mean, std, range, layout, channels, output, classOffset } = settings;
  return { size, mean, std, range, layout, channels, output, classOffset };
};
