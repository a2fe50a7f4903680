import { join } from "node:path";
import { messageOf, UserError } from "../../errors.js";
import { statusOf } from "../../platform/node/files.js";
import { findImages } from "../../platform/node/image-files.js";
import { isWnid } from "../labels.js";
import { classFolder, openFolder } from "./folder.js";
import type { Layout, Part } from "./source.js";

/** Names of each part's folder, in groups in order of precedence. */
const NAMES: Readonly<Record<Part, readonly (readonly string[])[]>> = {
  train: [["train", "training"]],
  test: [
    ["val", "valid", "validation", "dev", "eval", "evaluation"],
    ["test", "testing", "holdout", "heldout"],
  ],
};

/**
 * A subfolder per part: ImageNet, Tiny-ImageNet, CIFAR as image files, and many others. Case and endings such as in
 * "training_set" and "val2017" do not matter.
 */
export const partFolders: Layout = {
  summary:
    "a folder with subfolders train/ and val/ or test/, or similar names: ImageNet, Tiny-ImageNet, CIFAR as image files, …",
  async open(path, names, options) {
    const { part } = options;
    const folders = await foldersAmong(path, names);
    const [train, test] = [candidates(folders, "train"), candidates(folders, "test")];
    const found = part === "train" ? train : test;
    const complete = train.length > 0 && test.length > 0;
    if (!complete && !(await holdsPartsAlone(path, folders))) return undefined;
    const [first, ...others] = found;
    if (first === undefined && options.annotations === "none") return undefined;
    if (first === undefined)
      throw new UserError(
        `cannot read the ${part} part of ${path}: it has only ${listed(folders)}; ` +
          "choose the other `part`, or give a folder inside as `data`",
      );
    if (others.length > 0)
      throw new UserError(
        `cannot choose the ${part} part of ${path}: it can be ${listed(found)}; give one of these folders as \`data\``,
      );
    const source = await openFolder(join(path, first), options);
    const beside = folders.filter((name) => name !== first).map((name) => join(path, name));
    const otherClassFolders = source.classFolders && (await classesBeside(source.classFolders, beside));
    return { ...source, part, ...(otherClassFolders && { otherClassFolders }) };
  },
};

/**
 * The classes of other parts that are not among these: a part may lack images of a class, and all parts number their classes
 * alike. WordNet identifiers have their numbers without them. A part that has none of these classes defines others.
 */
async function classesBeside(classes: readonly string[], parts: readonly string[]): Promise<string[]> {
  const known = new Set(classes);
  if (classes.every((name) => name === "" || isWnid(name))) return [];
  const others: string[] = [];
  for (const part of parts) {
    const { images } = await findImages(part).catch(() => ({ images: [] }));
    const found = new Set(images.map(({ name }) => classFolder(name)).filter((name) => name !== ""));
    if ([...found].some((name) => known.has(name))) others.push(...[...found].filter((name) => !known.has(name)));
  }
  return others;
}

const listed = (folders: readonly string[]): string => folders.map((name) => `${name}/`).join(" or ");

/** "Training_Set" -> "training" */
const plainName = (folder: string): string =>
  folder
    .toLowerCase()
    .replace(/[-_ ]?(19|20)\d\d$/, "")
    .replace(/[-_ ]?(set|data|images|split)$/, "");

/** The folders of the first group of a part's names that any has. */
export function candidates(folders: readonly string[], part: Part): string[] {
  const groups = NAMES[part].map((group) => folders.filter((folder) => group.includes(plainName(folder))));
  return groups.find((group) => group.length > 0) ?? [];
}

/** The entries that are folders with the name of a part. */
async function foldersAmong(path: string, names: ReadonlySet<string>): Promise<string[]> {
  const known = new Set(Object.values(NAMES).flat(2));
  const named = [...names].filter((name) => known.has(plainName(name))).sort();
  const areFolders = await Promise.all(
    named.map((name) =>
      statusOf(join(path, name)).then(
        (status) => status.isDirectory(),
        () => false,
      ),
    ),
  );
  return named.filter((_, i) => areFolders[i]);
}

/** Whether all images of a folder are in these subfolders. If there are others, such as train/, bus/ and car/, all are classes. */
async function holdsPartsAlone(path: string, parts: readonly string[]): Promise<boolean> {
  if (parts.length === 0) return false;
  const { images } = await findImages(path).catch((error) => {
    throw new UserError(`cannot read the folder of images ${path}: ${messageOf(error)}`);
  });
  return images.length > 0 && images.every(({ name }) => parts.includes(name.split("/", 1)[0] ?? ""));
}
