import { dirname, join } from "node:path";
import { readTextIfThere } from "../../files.js";
import { wnids } from "../imagenet.js";
import { classOfWnid, columnOf, parseCsv } from "../labels.js";
import type { Labelling } from "./labelling.js";

/** The validation set's classes as Kaggle distributes them: columns ImageId and PredictionString ("n03995372 85 1 499 272"). */
const SOLUTION = "LOC_val_solution.csv";

const VALIDATION_PICTURE = /^(ILSVRC2012_val_\d{8})\.JPEG$/;

/**
 * The validation set of ImageNet-1k (ILSVRC 2012), all pictures in one folder: their classes stand in
 * `LOC_val_solution.csv` there or in the folder above.
 * @throws UserError when that file is damaged.
 */
export async function imagenetValidation(folder: string, names: readonly string[]): Promise<Labelling | undefined> {
  if (!names.every((name) => VALIDATION_PICTURE.test(name))) return undefined;
  for (const place of [folder, dirname(folder)]) {
    const path = join(place, SOLUTION);
    const text = await readTextIfThere(path);
    if (text !== undefined) return labelling(solution(text, path));
  }
  return undefined;
}

/** The classes of pictures by their names without the extension. */
function solution(text: string, path: string): Map<string, number | null> {
  const [header = [], ...rows] = parseCsv(text, path);
  const [image, boxes] = [columnOf(header, "ImageId", path), columnOf(header, "PredictionString", path)];
  return new Map(
    rows.map((row) => {
      const name = row[image] ?? "";
      return [name, classOfWnid((row[boxes] ?? "").split(" ", 1)[0] ?? "", name, path)];
    }),
  );
}

const labelling = (labels: ReadonlyMap<string, number | null>): Labelling => ({
  classes: wnids,
  labelOf: (name) => labels.get(VALIDATION_PICTURE.exec(name)?.[1] ?? "") ?? null,
});
