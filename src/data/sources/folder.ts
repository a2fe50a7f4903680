import { join } from "node:path";
import { messageOf, UserError } from "../../errors.js";
import { decodedExtensions, findImages, leftOutLines } from "../../platform/node/image-files.js";
import { classAnnotation } from "../annotation.js";
import type { Item } from "../item.js";
import { LABEL_FILE, readLabels } from "../labels.js";
import { BOX_FILE, readBoxFile, refuseWithoutBoxes } from "./box-file.js";
import { imagenetValidation } from "./imagenet.js";
import type { Labelling } from "./labelling.js";
import type { Source, SourceOptions } from "./source.js";
import { tinyImagenet } from "./tiny-imagenet.js";

/** Sources of a folder's classes in order of precedence. If none applies, the subfolders define the classes. */
const labellings: readonly ((folder: string, names: readonly string[]) => Promise<Labelling | undefined>)[] = [
  readLabels,
  tinyImagenet,
  imagenetValidation,
];

/**
 * The images of a folder and its subfolders, each file once, with classes, or with the boxes of `boxes.csv`.
 * @throws UserError when the folder is missing or contains no image, or its class definitions are invalid.
 */
export async function openFolder(folder: string, { annotations }: Pick<SourceOptions, "annotations">): Promise<Source> {
  const found = await findImages(folder).catch((error) => {
    throw new UserError(`cannot read the folder of images ${folder}: ${messageOf(error)}`);
  });
  const { images } = found;
  if (images.length === 0) {
    const formats = `supported extensions: ${decodedExtensions.join(" ")}`;
    throw new UserError(
      [`cannot open ${folder} as \`data\`: it contains no image`, formats, ...leftOutLines(found.leftOut)].join("; "),
    );
  }
  const names = images.map(({ name }) => name);
  const items = images.map(({ path }) => ({ path, annotation: classAnnotation(null) }));
  const leftOut = found.leftOut.filter(({ kind }) => kind !== "other");
  const source = { root: folder, items, reals: images.map(({ real }) => real), leftOut };
  if (annotations === "none") return source;
  if (annotations === "boxes") return withBoxes(source, names);
  if (annotations === "label-maps")
    throw new UserError(
      `cannot read the label maps of ${folder}: expected a folder of PASCAL VOC with SegmentationClass`,
    );
  for (const labelling of labellings) {
    const labels = await labelling(folder, names);
    if (labels) return labelled(source, names, labels);
  }
  return { ...source, classFolders: names.map(classFolder) };
}

/** @throws UserError when the folder has no boxes.csv, or none of its files exists. */
async function withBoxes(source: Source, names: readonly string[]): Promise<Source> {
  const list = (await readBoxFile(source.root)) ?? refuseWithoutBoxes(source.root);
  const items = names.map((name): Item => {
    const boxes = list.boxes.get(name) ?? [];
    return { path: join(source.root, name), annotation: { kind: "boxes", boxes } };
  });
  const present = new Set(names);
  const absent = [...list.boxes.keys()].filter((name) => !present.has(name));
  if (absent.length > 0 && absent.length === list.boxes.size)
    throw new UserError(
      `cannot read the boxes ${join(source.root, BOX_FILE)}: none of its ${absent.length} files exists`,
    );
  const missing = absent.map((name): Item => ({ path: join(source.root, name), annotation: { kind: "none" } }));
  const leftOut = [...(source.leftOut ?? []), ...list.leftOut];
  return { ...source, items, missing, leftOut, ...(list.classes && { classes: list.classes }) };
}

function labelled(source: Source, names: readonly string[], { labelOf, listed, classes }: Labelling): Source {
  const { root: folder, leftOut = [] } = source;
  const item = (name: string): Item => ({ path: join(folder, name), annotation: classAnnotation(labelOf(name)) });
  const present = new Set(names);
  const missing = (listed ?? []).filter((name) => !present.has(name));
  if (listed?.length === 0) throw new UserError(`cannot read the labels ${join(folder, LABEL_FILE)}: it lists no file`);
  if (listed && missing.length === listed.length)
    throw new UserError(
      `cannot read the labels ${join(folder, LABEL_FILE)}: none of its ${listed.length} files exists ` +
        `(first: ${join(folder, missing[0] as string)}); ` +
        'its column "file" must contain paths relative to the folder',
    );
  const known = new Set(leftOut.map(({ file }) => file));
  const absent = missing.map(item).filter(({ path }) => !known.has(path));
  return { ...source, items: names.map(item), missing: absent, ...(classes && { classes }) };
}

/**
 * The top-level subfolder that contains the image; "" if the image is not in a subfolder. Systems encode accents in two
 * ways: one form is used, so that a class has the same name in every copy of the data.
 */
export const classFolder = (name: string): string => name.slice(0, Math.max(0, name.indexOf("/"))).normalize("NFC");
