import { readdir } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import { messageOf, UserError } from "../../errors.js";
import { isInside, isThere, linesOf, readTextIfThere } from "../../platform/node/files.js";
import { hasImageExtension, type LeftOut } from "../../platform/node/image-files.js";
import { CLASS_FILE } from "../labels.js";
import type { Part } from "./source.js";
import { readVocAnnotation, type VocAnnotation } from "./voc-annotation.js";

/** The classes of PASCAL VOC in their order. */
export const vocClasses: readonly string[] = [
  ...["aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow", "diningtable", "dog"],
  ...["horse", "motorbike", "person", "pottedplant", "sheep", "sofa", "train", "tvmonitor"],
];

const namesIn = async (folder: string): Promise<string[]> => (await readdir(folder).catch(() => [])).sort();

const isYear = (names: readonly string[]): boolean =>
  names.includes("Annotations") && (names.includes("JPEGImages") || names.includes("ImageSets"));

/**
 * The folder with `Annotations` and `JPEGImages`: the given one, the only year in it (VOC2007), or that of a `VOCdevkit` in
 * it; undefined if there is none.
 * @throws UserError when there are several years.
 */
export async function findVocFolder(path: string): Promise<string | undefined> {
  const names = await namesIn(path);
  if (isYear(names)) return path;
  const years: string[] = [];
  for (const name of names.filter((each) => /^VOC(\d{4}|devkit)$/i.test(each))) {
    const year = await findVocFolder(join(path, name));
    if (year !== undefined) years.push(year);
  }
  if (years.length < 2) return years[0];
  const list = years.map((year) => basename(year)).join(" and ");
  throw new UserError(`cannot choose a year in ${path}: it has ${list}; give one of these folders`);
}

/** A list of images in `ImageSets`. */
export interface VocSet {
  readonly name: string;
  /** Names of the images without their extension, each once. */
  readonly stems: readonly string[];
  /** The part that the list stands for; absent if it was asked for by its name. */
  readonly part?: Part;
  /** Lines that repeat an image. */
  readonly leftOut: readonly LeftOut[];
}

/** The lists of each part, in order of precedence: the two parts share no image. */
const partLists = (names: readonly string[], part: Part): readonly string[] => {
  const isSplit = names.includes("val") && !names.includes("test");
  if (part === "test") return ["test", "val"];
  return isSplit ? ["train", "trainval"] : ["trainval", "train"];
};

/**
 * Reads a list of `ImageSets/FOLDER`, or several, whose names commas separate. The training part is `trainval`, or `train` if `val` serves as the test part; the test
 * part is `test`, or `val`.
 * @param folder "Main" or "Segmentation".
 * @returns undefined if the folder has no lists.
 * @throws UserError when it has others than the one that is asked for.
 */
export async function readVocSet(
  root: string,
  folder: string,
  { part, set }: { readonly part: Part; readonly set?: string },
): Promise<VocSet | undefined> {
  const place = join(root, "ImageSets", folder);
  const names = (await namesIn(place)).filter((name) => name.endsWith(".txt")).map((name) => name.slice(0, -4));
  if (names.length === 0 && set === undefined) return undefined;
  const ofPart = partLists(names, part).filter((each) => names.includes(each));
  const wanted = set?.split(",").map((each) => each.trim()) ?? ofPart.slice(0, 1);
  if (wanted.length === 0 || wanted.some((each) => !names.includes(each))) {
    const lists = names.filter((each) => !CLASS_LIST.test(each)).slice(0, 10);
    const what = set === undefined ? `the ${part} part` : `the set ${set}`;
    throw new UserError(
      `cannot read ${what} of ${root}: ${place} has ${lists.join(", ") || "no lists"}; choose one of them as \`set\``,
    );
  }
  const path = join(place, wanted.length === 1 ? `${wanted[0]}.txt` : "");
  const lines: string[] = [];
  for (const name of wanted) {
    const text = (await readTextIfThere(join(place, `${name}.txt`)))?.replace(/^\uFEFF/, "") ?? "";
    lines.push(...linesOf(text).map((line) => stemOf(line, CLASS_LIST.test(name))));
  }
  const inside = lines.filter((stem) => isInside(join(place, stem), place));
  const stems = [...new Set(inside)];
  const fault = (count: number, reason: string): LeftOut[] =>
    count > 0
      ? [{ file: path, kind: "annotation", reason: `${count} ${count === 1 ? "line" : "lines"} left out: ${reason}` }]
      : [];
  const leftOut = [
    ...fault(inside.length - stems.length, "the image is listed already"),
    ...fault(lines.length - inside.length, "the name leads out of the folder"),
  ];
  return { name: wanted.join(","), stems, leftOut, ...(set === undefined && { part }) };
}

/** The lists of one class, such as dog_train.txt, have 1, 0 or -1 behind each name. */
const CLASS_LIST = /_(train|val|trainval|test)$/;

/** The name of an image without its extension. */
function stemOf(line: string, isClassList: boolean): string {
  const name = isClassList ? line.replace(/\s+-?[01]$/, "") : line;
  return hasImageExtension(name) ? name.slice(0, -extname(name).length) : name;
}

/** The stems of all annotations of a folder, sorted. */
export const annotatedStems = async (root: string): Promise<string[]> =>
  (await namesIn(join(root, "Annotations"))).filter((name) => /\.xml$/i.test(name)).map((name) => name.slice(0, -4));

/** The annotations of a VOC folder. */
export interface VocAnnotations {
  /** By stem; absent if the file is missing or broken. */
  readonly annotations: ReadonlyMap<string, VocAnnotation>;
  /**
   * The names of `classes.txt` if there is one; else the 20 of PASCAL VOC if all objects have one of these; else the sorted
   * names of all annotations.
   */
  readonly classes: readonly string[];
  /** The files of these stems that are not used, or without some of their objects. */
  readonly leftOut: readonly LeftOut[];
}

/** Files that are read at the same time. */
const AT_ONCE = 32;

/** Reads the annotations of these images. The names of the classes follow from all annotations of the folder. */
export async function readVocAnnotations(root: string, stems: readonly string[]): Promise<VocAnnotations> {
  const annotations = new Map<string, VocAnnotation>();
  const leftOut: LeftOut[] = [];
  const wanted = new Set(stems);
  const named = await readTextIfThere(join(root, CLASS_FILE));
  const others = named === undefined ? (await annotatedStems(root)).filter((stem) => !wanted.has(stem)) : [];
  const all = [...wanted, ...others];
  const names = new Set<string>();
  for (let start = 0; start < all.length; start += AT_ONCE) {
    const read = await Promise.all(all.slice(start, start + AT_ONCE).map((stem) => readOrReason(root, stem)));
    for (const [i, result] of read.entries()) {
      const stem = all[start + i] as string;
      const isWanted = wanted.has(stem);
      if (isWanted) leftOut.push(...faultsOf(result));
      if (!result.annotation) continue;
      for (const { name } of result.annotation.objects) names.add(name);
      if (isWanted) annotations.set(stem, result.annotation);
    }
  }
  return { annotations, leftOut, classes: named === undefined ? classesAmong(names) : linesOf(named) };
}

function classesAmong(names: ReadonlySet<string>): readonly string[] {
  return [...names].every((name) => vocClasses.includes(name)) ? vocClasses : [...names].sort();
}

/** The file with the boxes of an image. It may be missing. */
export const annotationFile = (root: string, stem: string): string => join(root, "Annotations", `${stem}.xml`);

interface Read {
  readonly path: string;
  readonly annotation?: VocAnnotation;
  /** Why it could not be read. */
  readonly reason?: string;
}

async function readOrReason(root: string, stem: string): Promise<Read> {
  const path = annotationFile(root, stem);
  try {
    return { path, annotation: await readVocAnnotation(path) };
  } catch (error) {
    return { path, reason: (await isThere(dirname(path))) ? messageOf(error) : "there is no folder Annotations" };
  }
}

function faultsOf({ path, annotation, reason }: Read): LeftOut[] {
  if (reason !== undefined) return [{ file: path, kind: "annotation", reason }];
  const broken = annotation?.broken ?? [];
  if (broken.length === 0) return [];
  const total = broken.length + (annotation?.objects.length ?? 0);
  return [{ file: path, kind: "annotation", reason: `${broken.length} of ${total} objects left out: ${broken[0]}` }];
}
