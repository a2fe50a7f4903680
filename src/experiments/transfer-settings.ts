import { z } from "zod";
import { detectorSettings } from "../detection/settings.js";
import { objectives } from "../objectives/index.js";
import { listOf, paths, positiveNumber } from "../settings.js";
import { sharedTrainingSettings, WeightedFile } from "../training/settings.js";
import { seriesSettings } from "./series.js";

const transferable = objectives.filter(({ reads }) => reads);

/** An objective with its lambda, if that is not the default. */
export interface WeightedObjective {
  readonly name: string;
  readonly lambda?: number | undefined;
}

/** "NAME", "NAME=LAMBDA" or the same as an object. */
const WeightedObjective = z
  .union([z.string(), z.object({ name: z.string(), lambda: positiveNumber().optional() })])
  .transform((given, context): WeightedObjective => {
    if (typeof given !== "string") return given;
    const [name = "", text] = given.split("=");
    if (text === undefined) return { name };
    const lambda = text.trim() === "" ? Number.NaN : Number(text);
    if (Number.isFinite(lambda) && lambda > 0) return { name, lambda };
    context.addIssue({ code: "custom", message: "must be NAME or NAME=LAMBDA with a lambda above 0" });
    return z.NEVER;
  });

export const transferSettings = z.object({
  ...sharedTrainingSettings,
  ...seriesSettings,
  source: listOf(WeightedFile)
    .describe("a classifier or detector to train with (ONNX); may be repeated, each with a factor of lambda")
    .meta({ placeholder: "file[=factor]" }),
  target: paths("a classifier or detector that only judges (ONNX); may be repeated", {
    placeholder: "file",
  }).optional(),
  objective: listOf(WeightedObjective)
    .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, "must be different objectives")
    .describe(`what to minimize: ${transferable.map(({ name }) => name).join(", ")}; may be repeated`)
    .meta({ placeholder: "name[=lambda]" }),
  evaluateClasses: z
    .string()
    .optional()
    .describe("judge on images of these classes (default: those of classes)")
    .meta({ placeholder: "list" }),
  evaluateBoxes: paths("images with boxes on which detectors judge; may be repeated").optional(),
  ...detectorSettings,
});
export type TransferSettings = z.output<typeof transferSettings>;
