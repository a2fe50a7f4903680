import { dirname, join } from "node:path";
import { messageOf, UserError } from "../../errors.js";
import { linesOf, readRegular, readTextIfThere } from "../../platform/node/files.js";
import { imagenetClasses, wnids } from "../imagenet.js";
import { classOfWnid, columnOf, parseCsv } from "../labels.js";
import type { Labelling } from "./labelling.js";
import { LARGEST_MATLAB, readMatlabStruct } from "./matlab.js";

const VALIDATION_IMAGE = /^ILSVRC2012_val_(\d{8})\.JPEG$/;

/** The class of each validation image by its number, which starts at 1. */
type Classes = ReadonlyMap<number, number | null>;

/**
 * The classes of the validation set of ImageNet-1k (ILSVRC 2012), with all images in one folder. They come from Kaggle's
 * `LOC_val_solution.csv` or the devkit's ground truth, in this folder, in its parent, or in the devkit's folder there.
 * @returns undefined if the folder is not the validation set or no class definition is found.
 * @throws UserError when the class definition is invalid.
 */
export async function imagenetValidation(folder: string, names: readonly string[]): Promise<Labelling | undefined> {
  if (!names.every((name) => VALIDATION_IMAGE.test(name))) return undefined;
  const above = dirname(folder);
  for (const candidate of [folder, above, join(above, "data"), join(above, "ILSVRC2012_devkit_t12", "data")]) {
    const found = (await kaggle(candidate)) ?? (await devkit(candidate));
    if (found)
      return { classes: wnids, labelOf: (name) => found.get(Number(VALIDATION_IMAGE.exec(name)?.[1])) ?? null };
  }
  return undefined;
}

/** Reads the columns ImageId ("ILSVRC2012_val_00048981") and PredictionString ("n03995372 85 1 499 272", or more boxes). */
async function kaggle(folder: string): Promise<Classes | undefined> {
  const path = join(folder, "LOC_val_solution.csv");
  const text = await readTextIfThere(path);
  if (text === undefined) return undefined;
  const { header, rows } = parseCsv(text, path);
  const [image, boxes] = [columnOf(header, "ImageId", path), columnOf(header, "PredictionString", path)];
  return new Map(
    rows.map(({ fields }) => {
      const [name = "", prediction = ""] = [fields[image], fields[boxes]];
      return [Number(name.slice(-8)), classOfWnid(prediction.split(" ", 1)[0] ?? "", name, path)];
    }),
  );
}

/**
 * Reads the devkit's `ILSVRC2012_validation_ground_truth.txt`, which has one line with an ILSVRC2012_ID per image. These IDs
 * are not the standard class indices; `meta.mat` maps them to WordNet identifiers.
 */
async function devkit(folder: string): Promise<Classes | undefined> {
  const text = await readTextIfThere(join(folder, "ILSVRC2012_validation_ground_truth.txt"));
  if (text === undefined) return undefined;
  const path = join(folder, "meta.mat");
  const classes = await devkitClasses(path).catch((error) => {
    throw new UserError(
      `cannot read ${path}, which maps each ILSVRC2012_ID of the ground truth to a class: ${messageOf(error)}`,
    );
  });
  return new Map(linesOf(text).map((id, i) => [i + 1, classes.get(Number(id)) ?? null]));
}

/** Class index of each ILSVRC2012_ID. */
async function devkitClasses(path: string): Promise<Map<number, number | null>> {
  const synsets = readMatlabStruct(await readRegular(path, LARGEST_MATLAB));
  const [ids, names] = [synsets.get("ILSVRC2012_ID"), synsets.get("WNID")];
  if (!ids || !names) throw new RangeError("it has no ILSVRC2012_ID and WNID");
  return new Map(ids.map((id, i) => [Number(id), imagenetClasses.get(String(names[i])) ?? null]));
}
