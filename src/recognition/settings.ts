import { z } from "zod";
import { sideLength } from "../settings.js";
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
  range: z.literal([1, 255]).optional().describe("value of white before mean and std are applied"),
  layout: z.enum(["NCHW", "NHWC"]).optional().describe("axis order of the recognizer's input"),
  channels: z.enum(["RGB", "BGR"]).optional().describe("channel order of the recognizer's input"),
  output: z
    .string()
    .optional()
    .describe("name of the recognizer's output with the class scores (default: the first)")
    .meta({ placeholder: "name" }),
};

/** Selects the settings of a recognizer from a command's settings. */
export const recognizerFrom = ({ size, mean, std, range, layout, channels, output }: RecognizerSettings) =>
  ({ size, mean, std, range, layout, channels, output }) satisfies RecognizerSettings;
