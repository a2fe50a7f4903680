import { join, relative, resolve, sep } from "node:path";
import { UserError } from "../errors.js";
import type { LeftOut } from "../platform/node/image-files.js";
import { named } from "../settings.js";
import { classAnnotation, classOf } from "./annotation.js";
import { readClasses } from "./class-subset.js";
import { type Item, titleOf } from "./item.js";
import { type FolderClasses, folderClasses, isWnid, LABEL_FILE, requireOneKind } from "./labels.js";
import { openSource } from "./sources/index.js";
import type { AnnotationKind, Part, Source } from "./sources/source.js";
import { partOf, type Split } from "./split.js";

/** Images on disk, in an order that depends only on their names. */
export interface Dataset {
  /** The folders or files, as given. */
  readonly folders: readonly string[];
  readonly items: readonly Item[];
  /** Images that a labels.csv lists but that do not exist. */
  readonly missing: readonly string[];
  /** Files in the folders that are not read: of formats that cannot be decoded, repeated or unreadable. Default: none. */
  readonly leftOut?: readonly LeftOut[];
  /** Class names in the order of the class indices, if the data define them. */
  readonly classes?: readonly string[];
  /** Description of the selection, such as "test part; classes 0-9"; absent if everything is selected. */
  readonly selection?: string;
}

/** A selection of images from data sets. */
export interface Selection {
  /** Part of a split, or of data sets that have parts. Refused where there is neither. Default: `usualPart`. */
  readonly part?: Part;
  /** The part that is meant without `part`; data without parts are then used whole. Default: train. */
  readonly usualPart?: Part;
  /** The list of images to open in PASCAL VOC and COCO, such as "trainval" and "val2017". Default: that of the part. */
  readonly set?: string;
  /** "0-499", "3,7,20-29", class names, or a file that lists these. Classes keep their indices. Default: all. */
  readonly classes?: string;
  /** Splits the images (of data sets that have parts, the training part) into a training and a test part. */
  readonly split?: Split;
}

/** The selection of the other images of a data set: those of the part, or of the split, that this one leaves. */
export function otherPart({ part, usualPart = "train", ...selection }: Selection) {
  return { ...selection, usualPart: (part ?? usualPart) === "train" ? "test" : "train" } as const;
}

/** Options of `openDataset`. */
export interface DatasetOptions extends Selection {
  /** Whether an image without a class is an error. */
  readonly needLabels: boolean;
  /**
   * Whether classes are read. If not, no file that defines classes is opened unless `classes` selects some. Default: true.
   */
  readonly withLabels?: boolean;
  /**
   * What each image is annotated with; an image whose annotation is missing or broken is left out. Boxes and label maps do
   * not go with `needLabels` or `classes`. Default: classes.
   */
  readonly annotations?: AnnotationKind;
}

/** The annotations that are read. @throws UserError when the options contradict each other. */
function annotationsFor({ needLabels, withLabels = true, annotations = "classes", classes }: DatasetOptions) {
  if (annotations === "classes") return withLabels || classes !== undefined ? "classes" : "none";
  if (needLabels) throw new RangeError(`needLabels does not go with annotations: ${annotations}`);
  if (classes === undefined) return annotations;
  throw new UserError(
    `cannot select \`classes\` of images with ${annotations}: an image has several; leave \`classes\` out`,
  );
}

/**
 * Finds the images of folders and their subfolders, or of data sets in a known layout. Classes come from the folder's
 * `labels.csv`, from the layout, or from the names of the subfolders; boxes from PASCAL VOC, COCO or `boxes.csv`; label maps
 * from PASCAL VOC.
 * @throws UserError when a folder is missing or contains no image, when the class definitions are invalid, when no image
 * matches the selection, when a part is chosen of data that have none, and, if `needLabels`, when an image has no class.
 */
export async function openDataset(folders: readonly string[], options: DatasetOptions): Promise<Dataset> {
  const { needLabels, withLabels: _, annotations: __, ...selection } = options;
  const { split, set } = selection;
  const part = selection.part ?? selection.usualPart ?? "train";
  const annotations = annotationsFor(options);
  const sourceOptions = { part: split ? "train" : part, annotations, ...(set !== undefined && { set }) } as const;
  const sources = await Promise.all(folders.map((folder) => openSource(folder, sourceOptions)));
  requirePart(selection, sources, folders);
  const hasObjects = annotations === "boxes" || annotations === "label-maps";
  const needed = needLabels || selection.classes !== undefined || hasObjects;
  if (needed) requireOneKind(foldersIn(sources), folders);
  if (needLabels) requireClassFolders(sources);
  const classes = classesOf(sources, needed);
  const labelled = withoutRepeats(withFolderClasses(sources));
  const chosen = selection.classes === undefined ? undefined : await readClasses(selection.classes, classes);
  const isChosen = (item: Item) => !chosen || chosen.has(classOf(item) ?? -1);
  const items = labelled.flatMap((source) =>
    source.items.filter((item) => isChosen(item) && (!split || partOf(nameIn(source, item), split) === part)),
  );
  const description = descriptionOf(selection, part, sources);
  if (items.length === 0)
    throw new UserError(`cannot select images from ${folders.join(", ")}: none matches ${description}`);
  if (needLabels) requireLabels(folders, items);
  const missing = labelled.flatMap((source) => source.missing ?? []).filter(isChosen);
  return {
    folders,
    items,
    missing: missing.map(({ path }) => path),
    leftOut: labelled.flatMap((source) => source.leftOut ?? []),
    ...(classes && { classes }),
    ...(description && { selection: description }),
  };
}

/** @throws UserError when a part is chosen beside a set, or of data that have none. */
function requirePart({ part, split, set }: Selection, sources: readonly Source[], folders: readonly string[]): void {
  if (part === undefined || split) return;
  if (set !== undefined)
    throw new UserError(`cannot choose both ${named("part")} and ${named("set")}: give only one of them`);
  const whole = folders.find((_, i) => !sources[i]?.part);
  if (whole === undefined) return;
  throw new UserError(
    `cannot choose the ${part} part of ${whole}: it is not found there; leave out ${named("part")}, or divide the images by ${named("split")}`,
  );
}

/** An item's name relative to its source's root, with "/" as separator. */
const nameIn = ({ root }: Source, item: Item): string => relative(root, titleOf(item)).replaceAll(sep, "/");

/** The folders whose names define classes. */
const foldersIn = (sources: readonly Source[]): string[] => sources.flatMap(({ classFolders }) => classFolders ?? []);

/** @throws UserError when all images of a folder are in one subfolder of it, whose own subfolders rather are the classes. */
function requireClassFolders(sources: readonly Source[]): void {
  if (new Set(foldersIn(sources)).size !== 1) return;
  const source = sources.find(({ classFolders }) => classFolders) as Source;
  const [parent, inner] = [0, 1].map((i) => new Set(source.items.map((item) => nameIn(source, item).split("/")[i])));
  const [folder] = [...(parent ?? [])];
  if (
    !folder ||
    isWnid(folder) ||
    !inner ||
    inner.size < 2 ||
    source.items.some((item) => nameIn(source, item).split("/").length < 3)
  )
    return;
  throw new UserError(
    `cannot use the folders of ${source.root} as classes: all images are in ${folder}/, in its subfolders ` +
      `${listed([...inner].map((name) => `${name}/`))}; set ${named("data")} to ${join(source.root, folder)}`,
  );
}

/** The sources with each file once: in the first of them that contains it. */
function withoutRepeats(sources: readonly Source[]): Source[] {
  const seen = new Set<string>();
  return sources.map((source) => {
    const repeated: LeftOut[] = [];
    const items = source.items.filter((item, i) => {
      const real = source.reals?.[i] ?? resolve(titleOf(item));
      if (seen.has(real)) repeated.push({ file: titleOf(item), kind: "repeated", reason: "the same file as another" });
      return !seen.has(real) && seen.add(real);
    });
    return { ...source, items, leftOut: [...(source.leftOut ?? []), ...repeated] };
  });
}

/** The classes that folder names define, numbered jointly over all sources and the other parts of theirs. */
const classesOfFolders = (sources: readonly Source[]): FolderClasses =>
  folderClasses([...foldersIn(sources), ...sources.flatMap(({ otherClassFolders }) => otherClassFolders ?? [])]);

/** The sources with classes from folder names. */
function withFolderClasses(sources: readonly Source[]): Source[] {
  const folders = classesOfFolders(sources);
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
 * The class names; undefined if no source defines them.
 * @throws UserError when `needed` and two sources define different classes.
 */
function classesOf(sources: readonly Source[], needed: boolean): readonly string[] | undefined {
  const { classes } = classesOfFolders(sources);
  const all = [...sources.flatMap((source) => (source.classes ? [source.classes] : [])), classes];
  const [first, ...others] = all.filter((names) => names.length > 0);
  const other = others.find((names) => names.join("\n") !== first?.join("\n"));
  if (!other || !first) return first;
  if (!needed) return undefined;
  throw new UserError(
    `cannot combine data with different classes: class 0 to ${first.length - 1} are ${listed(first)} in one folder and ` +
      `${listed(other)} in another; give folders of one data set`,
  );
}

const listed = (names: readonly string[]): string => `${names.slice(0, 3).join(", ")}${names.length > 3 ? ", …" : ""}`;

/** The selection as text. It is stored in cards and results. */
function descriptionOf({ classes, split, set }: Selection, part: Part, sources: readonly Source[]): string {
  const hasParts = split || sources.some((source) => source.part);
  return [
    ...(hasParts ? [`${part} part`] : []),
    ...(split ? [`split ${split.train} with seed ${split.seed}`] : []),
    ...(set === undefined ? [] : [`set ${set}`]),
    ...(classes === undefined ? [] : [`classes ${classes}`]),
  ].join("; ");
}

function requireLabels(folders: readonly string[], items: readonly Item[]): void {
  const without = items.filter((item) => classOf(item) === null);
  const [first] = without;
  if (!first) return;
  throw new UserError(
    `cannot use the classes of ${folders.join(", ")}: ${without.length} of ${items.length} images have none ` +
      `(first: ${titleOf(first)}); list them in ${LABEL_FILE} (columns file, class_index) or use one subfolder per class`,
  );
}
