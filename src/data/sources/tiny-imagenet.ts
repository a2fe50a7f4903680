import { basename, dirname, join } from "node:path";
import { UserError } from "../../errors.js";
import { linesOf, readTextIfThere } from "../../platform/node/files.js";
import type { Labelling } from "./labelling.js";

const CLASSES = "wnids.txt";
const ANNOTATIONS = "val_annotations.txt";

/**
 * The classes of Tiny-ImageNet (Stanford CS231n): `wnids.txt` in the parent folder lists the classes, `train/` has one
 * folder per class with images in `images/`, and `val/val_annotations.txt` lists the classes of `val/images/`. Classes are
 * numbered in the order of their sorted identifiers, as is common practice for this data set.
 * @returns undefined if the folder is not a part of Tiny-ImageNet.
 * @throws UserError when an annotation contains a class that `wnids.txt` does not list.
 */
export async function tinyImagenet(folder: string, names: readonly string[]): Promise<Labelling | undefined> {
  if (!names.every((name) => name.includes("images/"))) return undefined;
  const list = await readTextIfThere(join(dirname(folder), CLASSES));
  if (list === undefined) return undefined;
  const classes = linesOf(list).sort();
  const indices = new Map(classes.map((wnid, index) => [wnid, index]));
  const path = join(folder, ANNOTATIONS);
  const annotations = await readTextIfThere(path);
  if (annotations === undefined)
    return { classes, labelOf: (name) => indices.get(name.split("/", 1)[0] ?? "") ?? null };
  const labels = new Map<string, number>();
  for (const line of linesOf(annotations)) {
    const [file = "", wnid = ""] = line.split("\t");
    const label = indices.get(wnid);
    if (label === undefined)
      throw new UserError(`cannot read ${path}: the class of ${file} is "${wnid}", which is not in ${CLASSES}`);
    labels.set(file, label);
  }
  return { classes, labelOf: (name) => labels.get(basename(name)) ?? null };
}
