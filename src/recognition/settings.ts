import { z } from "zod";
import { positiveInteger } from "../settings.js";
import type { RecognizerSettings } from "./recognizer.js";

const Triple = z.tuple([z.number(), z.number(), z.number()]);

/** The settings that describe the input of recognizers, in place of what their files say, and the output that counts. */
export const recognizerInputSettings = {
  size: positiveInteger().optional().describe("side of the recognizer's input in pixels").meta({ placeholder: "n" }),
  mean: Triple.optional()
    .describe("mean that the recognizer subtracts from RGB, in units of its range")
    .meta({ placeholder: "r,g,b" }),
  std: Triple.optional().describe("standard deviation that it then divides by").meta({ placeholder: "r,g,b" }),
  range: z.literal([1, 255]).optional().describe("value of white before mean and std"),
  layout: z.enum(["NCHW", "NHWC"]).optional().describe("order of its input's axes"),
  channels: z.enum(["RGB", "BGR"]).optional().describe("order of its channels"),
  output: z
    .string()
    .optional()
    .describe("its output that holds the class scores (default: the first)")
    .meta({ placeholder: "name" }),
};

/** The recognizer's settings among others. */
export const recognizerFrom = ({ size, mean, std, range, layout, channels, output }: RecognizerSettings) =>
  ({ size, mean, std, range, layout, channels, output }) satisfies RecognizerSettings;
