import { z } from "zod";
import { positiveInteger } from "../settings.js";
import { adapterNames } from "./adapters/names.js";

const fraction = () => z.number("must be a number").min(0, "must be 0 or more").max(1, "must be at most 1");

/** Settings of a detector that change its boxes, and so AP. Each overrides the sidecar. */
export const detectorSettings = {
  adapter: z
    .enum(adapterNames)
    .optional()
    .describe("layout of the detector's outputs (default: found from the outputs and the sidecar)"),
  resize: z
    .enum(["letterbox", "stretch", "none"])
    .optional()
    .describe(
      "how an image becomes the detector's input: letterbox keeps its proportions and adds gray borders, stretch does not, none keeps its size",
    ),
  scoreThreshold: fraction()
    .optional()
    .describe("the detector's boxes of this score or less are left out (default: 0.005)"),
  nmsIou: fraction()
    .optional()
    .describe(
      "IoU above which non-maximum suppression removes the detector's box of lower score; 1 removes none (default: 0.45; 0.5 for the raw offsets of a RetinaNet; 1 if the file suppresses itself)",
    ),
  classAgnostic: z
    .boolean()
    .optional()
    .describe("suppress boxes of every class that overlap a better box (default: only those of its class)"),
  topK: positiveInteger()
    .optional()
    .describe("number of the detector's boxes of an image that are kept (default: 300)"),
};

const Schema = z.object(detectorSettings);

/** The settings of a detector; absent ones follow from the sidecar and the adapter. */
export type DetectorSettings = { readonly [K in keyof z.input<typeof Schema>]?: z.input<typeof Schema>[K] | undefined };

/** Selects the settings of a detector from a command's settings. */
export const detectorFrom = (settings: DetectorSettings): DetectorSettings => {
  const { adapter, resize, scoreThreshold, nmsIou, classAgnostic, topK } = settings;
  return { adapter, resize, scoreThreshold, nmsIou, classAgnostic, topK };
};
