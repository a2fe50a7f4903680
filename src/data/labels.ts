import { join, posix } from "node:path";
import { parse } from "csv-parse/sync";
import { messageOf, UserError } from "../errors.js";
import { linesOf, readTextIfThere } from "../platform/node/files.js";
import { imagenetClasses, wnids } from "./imagenet.js";
import type { Labelling } from "./sources/labelling.js";

/** The file in a folder of images that says their classes. */
export const LABEL_FILE = "labels.csv";
/** The file beside it that says what the classes are called, one a line, from class 0 on; it may be missing. */
export const CLASS_FILE = "classes.txt";

/**
 * Reads `labels.csv` of a folder: the column `file` (relative to the folder), and `class_index` (0, 1, …) or `wnid` (of
 * ImageNet-1k), where an empty field is no class.
 * @returns undefined when the folder has no such file.
 * @throws UserError when a column is missing, and when a class is not a whole number of 0 or more or an unknown identifier.
 */
export async function readLabels(folder: string): Promise<Labelling | undefined> {
  const path = join(folder, LABEL_FILE);
  const text = await readTextIfThere(path);
  if (text === undefined) return undefined;
  const [header = [], ...rows] = parseCsv(text, path);
  const file = columnOf(header, "file", path);
  const numbered = header.includes("class_index") || !header.includes("wnid");
  const column = columnOf(header, numbered ? "class_index" : "wnid", path);
  const toClass = numbered ? classOfNumber : classOfWnid;
  const labels = new Map(
    rows.map((row) => {
      const name = row[file] ?? "";
      return [posix.normalize(name.replaceAll("\\", "/")), toClass(row[column] ?? "", name, path)];
    }),
  );
  const names = await readTextIfThere(join(folder, CLASS_FILE));
  const classes = names === undefined ? imagenetNames(header, rows) : linesOf(names);
  return { labelOf: (name) => labels.get(name) ?? null, listed: [...labels.keys()], ...(classes && { classes }) };
}

/** ImageNet's identifiers where the rows have them and no other number beside them; else undefined. */
function imagenetNames(header: readonly string[], rows: readonly string[][]): readonly string[] | undefined {
  const [wnid, number] = [header.indexOf("wnid"), header.indexOf("class_index")];
  if (wnid < 0) return undefined;
  const usual = (row: readonly string[]) => row[number] === String(imagenetClasses.get(row[wnid] ?? "") ?? "");
  return number < 0 || rows.every(usual) ? wnids : undefined;
}

/** What folders that stand for classes are called and number. */
export interface FolderClasses {
  /** Null for the name "", and for an identifier outside ImageNet-1k. */
  readonly classOf: (name: string) => number | null;
  readonly classes: readonly string[];
}

/**
 * The classes that folders stand for: those of ImageNet-1k when every folder is named by a WordNet identifier, else they
 * are numbered in the order of the sorted names.
 */
export function folderClasses(names: Iterable<string>): FolderClasses {
  const sorted = [...new Set(names)].filter((name) => name !== "").sort();
  const imagenet = sorted.length > 0 && sorted.every((name) => /^n\d{8}$/.test(name));
  const classes = imagenet ? wnids : sorted;
  const indices = imagenet ? imagenetClasses : new Map(sorted.map((name, index) => [name, index]));
  return { classes, classOf: (name) => indices.get(name) ?? null };
}

/** @throws UserError when the text is no CSV. */
export function parseCsv(text: string, path: string): string[][] {
  try {
    return parse(text, { bom: true, trim: true, skip_empty_lines: true }) as string[][];
  } catch (error) {
    throw new UserError(`cannot read the labels ${path}: ${messageOf(error)}`);
  }
}

/** @throws UserError when there is no such column. */
export function columnOf(header: readonly string[], column: string, path: string): number {
  const index = header.indexOf(column);
  if (index >= 0) return index;
  throw new UserError(
    `cannot read the labels ${path}: there is no column "${column}". ` +
      `Its first line has: ${header.join(", ") || "nothing"}; expected: file, class_index`,
  );
}

function classOfNumber(text: string, file: string, path: string): number | null {
  if (text === "") return null;
  if (/^\d+$/.test(text)) return Number(text);
  throw new UserError(
    `cannot read the labels ${path}: the class of "${file}" is "${text}"; expected a whole number of 0 or more, or nothing`,
  );
}

/** @throws UserError when the identifier is none of ImageNet-1k. */
export function classOfWnid(text: string, file: string, path: string): number | null {
  if (text === "") return null;
  const index = imagenetClasses.get(text);
  if (index !== undefined) return index;
  throw new UserError(
    `cannot read the labels ${path}: the class of "${file}" is "${text}"; expected a WordNet identifier of ImageNet-1k, such as ${wnids[0]}, or nothing`,
  );
}
