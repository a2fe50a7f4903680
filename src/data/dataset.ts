import { relative, sep } from "node:path";
import { UserError } from "../errors.js";
import { classAnnotation, classOf } from "./annotation.js";
import { readClasses } from "./class-subset.js";
import { type Item, titleOf } from "./item.js";
import { folderClasses, LABEL_FILE } from "./labels.js";
import { openSource } from "./sources/index.js";
import type { Part, Source } from "./sources/source.js";
import { partOf, type Split } from "./split.js";

/** Images on disk, in an order that depends on their names alone. */
export interface Dataset {
  /** The folders, or files, as they were given. */
  readonly folders: readonly string[];
  readonly items: readonly Item[];
  /** Images that a labels.csv lists and that are not there. */
  readonly missing: readonly string[];
  /** What the classes are called, from class 0 on, where something says it. */
  readonly classes?: readonly string[];
  /** What was taken of the folders, in words: "test part; classes 0-9"; absent when it is everything. */
  readonly selection?: string;
}

/** What to take of data. */
export interface Selection {
  /** Of data sets that come in parts, and of a split. Default: train. */
  readonly part?: Part;
  /** "0-499", "3,7,20-29", names of classes, or a file that holds such; classes keep their numbers. Default: all. */
  readonly classes?: string;
  /** Divides the images, of data sets that come in parts the training part, into a part to train on and one to judge. */
  readonly split?: Split;
}

export interface DatasetOptions extends Selection {
  /** Whether an image without a class is an error. */
  readonly needLabels: boolean;
  /**
   * Whether classes are looked for at all; if not, no file that says them is opened, unless classes are to be chosen.
   * Default: true.
   */
  readonly withLabels?: boolean;
}

/**
 * Finds the images of folders and of the folders inside them, or of data sets whose layout is recognized. Their classes
 * come from the folder's `labels.csv`, or from what the layout says, or from the names of the folders directly inside.
 * @throws UserError when a folder is missing or holds no image, when what says the classes is wrong, when the selection
 * leaves nothing, and, if labels are needed, when an image has none.
 */
export async function openDataset(
  folders: readonly string[],
  { needLabels, withLabels = true, ...selection }: DatasetOptions,
): Promise<Dataset> {
  const { part = "train", split } = selection;
  const wanted = { part: split ? "train" : part, withLabels: withLabels || selection.classes !== undefined } as const;
  const sources = await Promise.all(folders.map((folder) => openSource(folder, wanted)));
  const classes = classesOf(sources, needLabels || selection.classes !== undefined);
  const labelled = withFolderClasses(sources);
  const chosen = selection.classes === undefined ? undefined : await readClasses(selection.classes, classes);
  const isChosen = (item: Item) => !chosen || chosen.has(classOf(item) ?? -1);
  const items = labelled.flatMap((source) =>
    source.items.filter((item) => isChosen(item) && (!split || partOf(nameIn(source, item), split) === part)),
  );
  const words = wordsOf(selection, part, sources);
  if (items.length === 0) throw new UserError(`there is no image in ${folders.join(", ")} of these: ${words}`);
  if (needLabels) requireLabels(folders, items);
  const missing = labelled.flatMap((source) => source.missing ?? []).filter(isChosen);
  return {
    folders,
    items,
    missing: missing.map(({ path }) => path),
    ...(classes && { classes }),
    ...(words && { selection: words }),
  };
}

/** An item's name relative to its source, with "/". */
const nameIn = ({ root }: Source, item: Item): string => relative(root, titleOf(item)).replaceAll(sep, "/");

/** The sources with the classes that folders stand for, numbered over all sources together. */
function withFolderClasses(sources: readonly Source[]): Source[] {
  const folders = folderClasses(sources.flatMap(({ classFolders }) => classFolders ?? []));
  return sources.map((source) => {
    const { classFolders, items } = source;
    if (!classFolders) return source;
    const annotationOf = (folder: string) => classAnnotation(folders.classOf(folder));
    return {
      ...source,
      items: items.map((item, i) => ({ ...item, annotation: annotationOf(classFolders[i] as string) })),
    };
  });
}

/**
 * What the classes are called; undefined when nothing says it.
 * @throws UserError when `needed` and two sources number different classes.
 */
function classesOf(sources: readonly Source[], needed: boolean): readonly string[] | undefined {
  const { classes } = folderClasses(sources.flatMap(({ classFolders }) => classFolders ?? []));
  const all = [...sources.flatMap((source) => (source.classes ? [source.classes] : [])), classes];
  const [first, ...others] = all.filter((names) => names.length > 0);
  const other = others.find((names) => names.join("\n") !== first?.join("\n"));
  if (!other || !first) return first;
  if (!needed) return undefined;
  throw new UserError(
    `the data do not have the same classes: class 0 to ${first.length - 1} are ${some(first)} in one folder and ` +
      `${some(other)} in another; give folders of one data set`,
  );
}

const some = (names: readonly string[]): string => `${names.slice(0, 3).join(", ")}${names.length > 3 ? ", …" : ""}`;

function wordsOf({ classes, split }: Selection, part: Part, sources: readonly Source[]): string {
  const parted = split || sources.some((source) => source.part);
  return [
    ...(parted ? [`${part} part`] : []),
    ...(split ? [`split ${split.train} with seed ${split.seed}`] : []),
    ...(classes === undefined ? [] : [`classes ${classes}`]),
  ].join("; ");
}

function requireLabels(folders: readonly string[], items: readonly Item[]): void {
  const without = items.filter((item) => classOf(item) === null);
  const [first] = without;
  if (!first) return;
  throw new UserError(
    `classes are needed, but ${without.length} of ${items.length} images in ${folders.join(", ")} have none ` +
      `(first: ${titleOf(first)}); give them in ${LABEL_FILE} (columns file, class_index) or keep one folder per class`,
  );
}
