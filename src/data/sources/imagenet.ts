import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { messageOf, UserError } from "../../errors.js";
import { linesOf, readTextIfThere } from "../../platform/node/files.js";
import { imagenetClasses, wnids } from "../imagenet.js";
import { classOfWnid, columnOf, parseCsv } from "../labels.js";
import type { Labelling } from "./labelling.js";
import { readMatlabStruct } from "./matlab.js";

const VALIDATION_PICTURE = /^ILSVRC2012_val_(\d{8})\.JPEG$/;

/** The class of each validation picture by its number, which counts from 1. */
type Classes = ReadonlyMap<number, number | null>;

/**
 * The validation set of ImageNet-1k (ILSVRC 2012), all pictures in one folder. Their classes stand in Kaggle's
 * `LOC_val_solution.csv` or in the devkit, there, in the folder above, or in the devkit's own folder above.
 * @throws UserError when what says the classes is damaged.
 */
export async function imagenetValidation(folder: string, names: readonly string[]): Promise<Labelling | undefined> {
  if (!names.every((name) => VALIDATION_PICTURE.test(name))) return undefined;
  const above = dirname(folder);
  for (const place of [folder, above, join(above, "data"), join(above, "ILSVRC2012_devkit_t12", "data")]) {
    const found = (await kaggle(place)) ?? (await devkit(place));
    if (found)
      return { classes: wnids, labelOf: (name) => found.get(Number(VALIDATION_PICTURE.exec(name)?.[1])) ?? null };
  }
  return undefined;
}

/** Columns ImageId ("ILSVRC2012_val_00048981") and PredictionString ("n03995372 85 1 499 272", perhaps more boxes). */
async function kaggle(folder: string): Promise<Classes | undefined> {
  const path = join(folder, "LOC_val_solution.csv");
  const text = await readTextIfThere(path);
  if (text === undefined) return undefined;
  const [header = [], ...rows] = parseCsv(text, path);
  const [image, boxes] = [columnOf(header, "ImageId", path), columnOf(header, "PredictionString", path)];
  return new Map(
    rows.map((row) => {
      const [name = "", prediction = ""] = [row[image], row[boxes]];
      return [Number(name.slice(-8)), classOfWnid(prediction.split(" ", 1)[0] ?? "", name, path)];
    }),
  );
}

/**
 * The devkit's `ILSVRC2012_validation_ground_truth.txt` has a line with an ILSVRC2012_ID for each picture. These are not
 * the usual indices: `meta.mat` says which identifier each stands for.
 */
async function devkit(folder: string): Promise<Classes | undefined> {
  const text = await readTextIfThere(join(folder, "ILSVRC2012_validation_ground_truth.txt"));
  if (text === undefined) return undefined;
  const path = join(folder, "meta.mat");
  const classes = await devkitClasses(path).catch((error) => {
    throw new UserError(
      `cannot read ${path}, which says what the numbers of the ground truth mean: ${messageOf(error)}`,
    );
  });
  return new Map(linesOf(text).map((id, i) => [i + 1, classes.get(Number(id)) ?? null]));
}

/** The class that each ILSVRC2012_ID stands for. */
async function devkitClasses(path: string): Promise<Map<number, number | null>> {
  const synsets = readMatlabStruct(await readFile(path));
  const [ids, names] = [synsets.get("ILSVRC2012_ID"), synsets.get("WNID")];
  if (!ids || !names) throw new RangeError("it has no ILSVRC2012_ID and WNID");
  return new Map(ids.map((id, i) => [Number(id), imagenetClasses.get(String(names[i])) ?? null]));
}
