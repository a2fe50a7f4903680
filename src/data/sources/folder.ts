import { readdir } from "node:fs/promises";
import { basename, extname, join, sep } from "node:path";
import { messageOf, UserError } from "../../errors.js";
import { classAnnotation } from "../annotation.js";
import type { Item } from "../item.js";
import { LABEL_FILE, readLabels } from "../labels.js";
import { imagenetValidation } from "./imagenet.js";
import type { Labelling } from "./labelling.js";
import type { Source, Wanted } from "./source.js";
import { tinyImagenet } from "./tiny-imagenet.js";

const EXTENSIONS = new Set([".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".gif", ".avif"]);

/** What may say the classes of a folder's pictures; the first that is there does, else the folders inside do. */
const labellings: readonly ((folder: string, names: readonly string[]) => Promise<Labelling | undefined>)[] = [
  readLabels,
  tinyImagenet,
  imagenetValidation,
];

/**
 * The pictures of a folder and of the folders inside it.
 * @throws UserError when the folder is missing or holds no picture, and when what says the classes is wrong.
 */
export async function openFolder(folder: string, { withLabels }: Pick<Wanted, "withLabels">): Promise<Source> {
  const names = await imagesIn(folder);
  if (names.length === 0)
    throw new UserError(`there is no image in ${folder}; looked for: ${[...EXTENSIONS].join(" ").replaceAll(".", "")}`);
  const items = names.map((name) => ({ path: join(folder, name), annotation: classAnnotation(null) }));
  if (!withLabels) return { root: folder, items };
  for (const labelling of labellings) {
    const found = await labelling(folder, names);
    if (found) return labelled(folder, names, found);
  }
  return { root: folder, items, classFolders: names.map(classFolder) };
}

function labelled(folder: string, names: readonly string[], { labelOf, listed, classes }: Labelling): Source {
  const item = (name: string): Item => ({ path: join(folder, name), annotation: classAnnotation(labelOf(name)) });
  const present = new Set(names);
  const missing = (listed ?? []).filter((name) => !present.has(name));
  if (listed && missing.length === listed.length)
    throw new UserError(
      `none of the ${listed.length} files in ${join(folder, LABEL_FILE)} is in ${folder} ` +
        `(first: ${missing[0] === undefined ? "no row" : join(folder, missing[0])}); ` +
        "the column `file` must hold paths relative to that folder",
    );
  return { root: folder, items: names.map(item), missing: missing.map(item), ...(classes && { classes }) };
}

/** The folder directly inside the data that the picture lies in; "" when it lies in the data itself. */
const classFolder = (name: string): string => name.slice(0, Math.max(0, name.indexOf("/")));

/** Names of the pictures anywhere in a folder, relative to it, with "/"; hidden files are left out. */
async function imagesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true }).catch((error) => {
    throw new UserError(`cannot read the folder of images ${folder}: ${messageOf(error)}`);
  });
  return names
    .map((name) => name.replaceAll(sep, "/"))
    .filter((name) => EXTENSIONS.has(extname(name).toLowerCase()) && !basename(name).startsWith("."))
    .sort();
}
