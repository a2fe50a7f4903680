import { readdir } from "node:fs/promises";
import { basename, extname, join, sep } from "node:path";
import { messageOf, UserError } from "../../errors.js";
import { classAnnotation } from "../annotation.js";
import type { Item } from "../item.js";
import { LABEL_FILE, readLabels } from "../labels.js";
import { imagenetValidation } from "./imagenet.js";
import type { Labelling } from "./labelling.js";
import type { Source, SourceOptions } from "./source.js";
import { tinyImagenet } from "./tiny-imagenet.js";

const EXTENSIONS = new Set([".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".gif", ".avif"]);

/** Sources of a folder's classes in order of precedence. If none applies, the subfolders define the classes. */
const labellings: readonly ((folder: string, names: readonly string[]) => Promise<Labelling | undefined>)[] = [
  readLabels,
  tinyImagenet,
  imagenetValidation,
];

/**
 * The images of a folder and its subfolders.
 * @throws UserError when the folder is missing or contains no image, or its class definitions are invalid.
 */
export async function openFolder(folder: string, { withLabels }: Pick<SourceOptions, "withLabels">): Promise<Source> {
  const names = await imagesIn(folder);
  if (names.length === 0)
    throw new UserError(
      `cannot open ${folder} as \`data\`: it contains no image; supported extensions: ${[...EXTENSIONS].join(" ")}`,
    );
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
      `cannot read the labels ${join(folder, LABEL_FILE)}: none of its ${listed.length} files exists ` +
        `(first: ${missing[0] === undefined ? "no row" : join(folder, missing[0])}); ` +
        'its column "file" must contain paths relative to the folder',
    );
  return { root: folder, items: names.map(item), missing: missing.map(item), ...(classes && { classes }) };
}

/** The top-level subfolder that contains the image; "" if the image is not in a subfolder. */
const classFolder = (name: string): string => name.slice(0, Math.max(0, name.indexOf("/")));

/** Paths of all images in a folder, relative to it, with "/" as separator. Hidden files are skipped. */
async function imagesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true }).catch((error) => {
    throw new UserError(`cannot read the folder of images ${folder}: ${messageOf(error)}`);
  });
  return names
    .map((name) => name.replaceAll(sep, "/"))
    .filter((name) => EXTENSIONS.has(extname(name).toLowerCase()) && !basename(name).startsWith("."))
    .sort();
}
