import { join, posix } from "node:path";
import { parse } from "csv-parse/sync";
import { messageOf, UserError } from "../errors.js";
import { linesOf, readTextIfThere } from "../platform/node/files.js";
import { imagenetClasses, wnids } from "./imagenet.js";
import type { Labelling } from "./sources/labelling.js";

/** The file in a folder of images that lists their classes. */
export const LABEL_FILE = "labels.csv";
/** An optional file beside it that lists the class names, one per line, in the order of the class indices. */
export const CLASS_FILE = "classes.txt";

/**
 * Reads the `labels.csv` of a folder. The column `file` contains paths relative to the folder; the class is in the column
 * `class_index` (0, 1, …) or `wnid` (of ImageNet-1k). An empty field means no class.
 * @returns undefined when the folder has no such file.
 * @throws UserError when a column is missing or a class is neither a non-negative integer nor a known identifier.
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

/** ImageNet's identifiers if the rows have identifiers and no contradicting index; undefined otherwise. */
function imagenetNames(header: readonly string[], rows: readonly string[][]): readonly string[] | undefined {
  const [wnid, number] = [header.indexOf("wnid"), header.indexOf("class_index")];
  if (wnid < 0) return undefined;
  const agrees = (row: readonly string[]) => row[number] === String(imagenetClasses.get(row[wnid] ?? "") ?? "");
  return number < 0 || rows.every(agrees) ? wnids : undefined;
}

/** Classes that are defined by folder names. */
export interface FolderClasses {
  /** The class index of a folder; null for the name "" and for an identifier outside ImageNet-1k. */
  readonly classOf: (name: string) => number | null;
  /** The class names in the order of the indices. */
  readonly classes: readonly string[];
}

/**
 * Classes from folder names. If every name is a WordNet identifier, they are the ImageNet-1k classes; otherwise they are
 * numbered in the order of the sorted names.
 */
export function folderClasses(names: Iterable<string>): FolderClasses {
  const sorted = [...new Set(names)].filter((name) => name !== "").sort();
  const imagenet = sorted.length > 0 && sorted.every((name) => /^n\d{8}$/.test(name));
  const classes = imagenet ? wnids : sorted;
  const indices = imagenet ? imagenetClasses : new Map(sorted.map((name, index) => [name, index]));
  return { classes, classOf: (name) => indices.get(name) ?? null };
}

/** Parses a CSV file's text. @throws UserError when it is not valid CSV. */
export function parseCsv(text: string, path: string): string[][] {
  try {
    return parse(text, { bom: true, trim: true, skip_empty_lines: true }) as string[][];
  } catch (error) {
    throw new UserError(`cannot read the labels ${path}: ${messageOf(error)}`);
  }
}

/** The index of a column. @throws UserError when the header does not contain it. */
export function columnOf(header: readonly string[], column: string, path: string): number {
  const index = header.indexOf(column);
  if (index >= 0) return index;
  throw new UserError(
    `cannot read the labels ${path}: it has no column "${column}", only ${header.join(", ") || "an empty line"}; ` +
      "expected columns: file, class_index",
  );
}

function classOfNumber(text: string, file: string, path: string): number | null {
  if (text === "") return null;
  if (/^\d+$/.test(text)) return Number(text);
  throw new UserError(
    `cannot read the labels ${path}: the class of "${file}" is "${text}"; expected an integer of 0 or more, or nothing`,
  );
}

/** The class index of a WordNet identifier; null for "". @throws UserError when it is not an ImageNet-1k class. */
export function classOfWnid(text: string, file: string, path: string): number | null {
  if (text === "") return null;
  const index = imagenetClasses.get(text);
  if (index !== undefined) return index;
  throw new UserError(
    `cannot read the labels ${path}: the class of "${file}" is "${text}"; expected a WordNet identifier of ImageNet-1k, such as ${wnids[0]}, or nothing`,
  );
}
