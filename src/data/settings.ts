import { z } from "zod";
import { UserError } from "../errors.js";
import { leftOutLines } from "../platform/node/image-files.js";
import { printable } from "../printable.js";
import { named, paths, seed } from "../settings.js";
import { type Dataset, type DatasetOptions, openDataset, type Selection } from "./dataset.js";
import { type Part, parts } from "./sources/source.js";

/**
 * The settings that choose images.
 * @param purpose the purpose of the images, for the help: "training images".
 * @param part the default part.
 */
export const dataSettings = (purpose: string, part: Part) => ({
  data: paths(`${purpose}: a folder or data set; may be repeated`),
  classes: z
    .string()
    .optional()
    .describe(
      "use only images of these classes: 0-499, or 3,7,20-29, or names, or a file that lists them; classes keep their indices",
    )
    .meta({ placeholder: "list" }),
  split: z
    .number()
    .gt(0, "must be between 0 and 1")
    .lt(1, "must be between 0 and 1")
    .optional()
    .describe("split the images by a hash of their names: this share for training, the rest for evaluation")
    .meta({ placeholder: "share" }),
  splitSeed: seed("seed of the split"),
  part: z.enum(parts).optional().describe(`part of the split, or of a data set with parts (default: ${part})`),
  set: z
    .string()
    .optional()
    .describe(
      "list of images of PASCAL VOC or COCO to use instead of the part's, such as trainval or val2017; of VOC also several: trainval,test",
    )
    .meta({ placeholder: "name" }),
});

/** The fields of `dataSettings` after parsing. */
export interface DataSettings {
  readonly data: readonly string[];
  readonly classes?: string | undefined;
  readonly split?: number | undefined;
  readonly splitSeed: number;
  readonly part?: Part | undefined;
  readonly set?: string | undefined;
}

/**
 * The selection that those settings describe.
 * @param usualPart the default part, as in `dataSettings`.
 * @throws UserError when there is a seed, but no split.
 */
export function selectionFrom({ classes, split, splitSeed, part, set }: DataSettings, usualPart: Part) {
  if (splitSeed !== 0 && split === undefined) throw new UserError(`${named("splitSeed")} needs ${named("split")}`);
  return {
    usualPart,
    ...(part !== undefined && { part }),
    ...(classes !== undefined && { classes }),
    ...(set !== undefined && { set }),
    ...(split !== undefined && { split: { train: split, seed: splitSeed } }),
  } satisfies Selection;
}

/**
 * Opens the images that those settings choose.
 * @param usualPart the default part, as in `dataSettings`.
 * @throws UserError as `openDataset` does.
 */
export const datasetFrom = (
  settings: DataSettings,
  usualPart: Part,
  options: Omit<DatasetOptions, keyof Selection>,
): Promise<Dataset> => openDataset(settings.data, { ...options, ...selectionFrom(settings, usualPart) });

/** What was found in the data and is not used, for a person. Empty if there is nothing. */
export function omissionsOf({ items, missing, leftOut = [] }: Dataset): string[] {
  const list = items.some(({ annotation }) => annotation.kind === "class") ? "listed in labels.csv" : "listed";
  const absent =
    missing.length === 0 ? [] : [`${missing.length} ${list}, but missing (first: ${printable(missing[0] ?? "")})`];
  return [...absent, ...leftOutLines(leftOut)];
}

/** "a, b (test part; classes 0-9)" */
export const titleOfData = ({ folders, selection }: Dataset): string =>
  printable(`${folders.join(", ")}${selection ? ` (${selection})` : ""}`);
