import { isAbsolute, join, relative, resolve, sep } from "node:path";
import { parse } from "csv-parse/sync";
import { messageOf, UserError } from "../errors.js";
import { linesOf, readTextIfThere } from "../platform/node/files.js";
import { excerpt } from "../printable.js";
import { imagenetClasses, wnids } from "./imagenet.js";
import type { Labelling } from "./sources/labelling.js";

/** The file in a folder of images that lists their classes. */
export const LABEL_FILE = "labels.csv";
/** An optional file beside it that lists the class names, one per line, in the order of the class indices. */
export const CLASS_FILE = "classes.txt";

/** A class that a row of labels.csv gives to a file. */
interface Label {
  readonly file: string;
  readonly class: number | null;
  /** The field of the row that defines the class. */
  readonly text: string;
  readonly line: number;
}

/**
 * Reads the `labels.csv` of a folder. The column `file` contains paths relative to the folder; the class is in the column
 * `class_index` (0, 1, …) or `wnid` (of ImageNet-1k). An empty field means no class. A name matches a file whichever way
 * both encode accents.
 * @param names the images of the folder.
 * @returns undefined when the folder has no such file.
 * @throws UserError when a column is missing, a class is neither a non-negative integer nor a known identifier, a path
 * leads out of the folder, or a file has two classes.
 */
export async function readLabels(folder: string, names: readonly string[]): Promise<Labelling | undefined> {
  const path = join(folder, LABEL_FILE);
  const text = await readTextIfThere(path);
  if (text === undefined) return undefined;
  const { header, rows } = parseCsv(text, path);
  const file = columnOf(header, "file", path);
  const numbered = header.includes("class_index") || !header.includes("wnid");
  const column = columnOf(header, numbered ? "class_index" : "wnid", path);
  const classText = await readTextIfThere(join(folder, CLASS_FILE));
  const classes = classText === undefined ? imagenetNames(header, rows) : linesOf(classText);
  const toClass = numbered ? classOfNumber : classOfWnid;
  const nameOf = nameMatcher(names);
  const labels = new Map<string, Label>();
  for (const { fields, line } of rows) {
    const [given = "", text = ""] = [fields[file], fields[column]];
    const label = { file: given, class: toClass(text, given, path), text, line };
    if (numbered && classText !== undefined) requireNamed(label, (classes ?? []).length, path);
    addLabel(labels, nameOf(nameWithin(folder, given, path)), label, path);
  }
  return {
    labelOf: (name) => labels.get(name)?.class ?? null,
    listed: [...labels.keys()],
    ...(classes && { classes }),
  };
}

/** @throws UserError when the file has another class already. */
function addLabel(labels: Map<string, Label>, name: string, label: Label, path: string): void {
  const earlier = labels.get(name);
  if (earlier && earlier.class !== label.class)
    throw new UserError(
      `cannot read the labels ${path}: "${label.file}" has the class ${earlier.text || "none"} in line ${earlier.line} ` +
        `and ${label.text || "none"} in line ${label.line}`,
    );
  labels.set(name, label);
}

/** @throws UserError when the class is not one of `count`. */
function requireNamed({ file, class: label }: Label, count: number, path: string): void {
  if (label !== null && label >= count)
    throw new UserError(
      `cannot read the labels ${path}: the class of "${file}" is ${label}, but ${CLASS_FILE} names ${count} classes, 0 to ${count - 1}`,
    );
}

/** The path of a listed file relative to the folder, with "/". @throws UserError when it leads out of the folder. */
function nameWithin(folder: string, file: string, path: string): string {
  const name = relative(folder, resolve(folder, file.replaceAll("\\", "/"))).replaceAll(sep, "/");
  if (file !== "" && name !== "" && !/^\.\.(\/|$)/.test(name) && !isAbsolute(name)) return name;
  throw new UserError(
    `cannot read the labels ${path}: "${excerpt(file)}" is not a path inside the folder; its column "file" must contain paths relative to the folder`,
  );
}

/** Finds the image that a listed name means: that of this name, or of this name with its accents encoded otherwise. */
function nameMatcher(names: readonly string[]): (name: string) => string {
  const exact = new Set(names);
  const composed = new Map(names.map((name) => [name.normalize("NFC"), name]));
  return (name) => (exact.has(name) ? name : (composed.get(name.normalize("NFC")) ?? name));
}

/** ImageNet's identifiers if the rows have identifiers and no contradicting index; undefined otherwise. */
function imagenetNames(header: readonly string[], rows: readonly CsvRow[]): readonly string[] | undefined {
  const [wnid, number] = [header.indexOf("wnid"), header.indexOf("class_index")];
  if (wnid < 0) return undefined;
  const agrees = ({ fields: row }: CsvRow) => row[number] === String(imagenetClasses.get(row[wnid] ?? "") ?? "");
  return number < 0 || rows.every(agrees) ? wnids : undefined;
}

/** Classes that are defined by folder names. */
export interface FolderClasses {
  /** The class index of a folder; null for the name "" and for an identifier outside ImageNet-1k. */
  readonly classOf: (name: string) => number | null;
  /** The class names in the order of the indices. */
  readonly classes: readonly string[];
}

/** Whether a name has the form of a WordNet identifier. */
export const isWnid = (name: string): boolean => /^n\d{8}$/.test(name);
const namesIn = (names: Iterable<string>): string[] => [...new Set(names)].filter((name) => name !== "").sort();

/**
 * Classes from folder names. If every name is a WordNet identifier, they are the ImageNet-1k classes; otherwise they are
 * numbered in the order of the sorted names.
 */
export function folderClasses(names: Iterable<string>): FolderClasses {
  const sorted = namesIn(names);
  const imagenet = sorted.length > 0 && sorted.every(isWnid);
  const classes = imagenet ? wnids : sorted;
  const indices = imagenet ? imagenetClasses : new Map(sorted.map((name, index) => [name, index]));
  return { classes, classOf: (name) => indices.get(name) ?? null };
}

/**
 * @param names the folders with images in `folders`.
 * @throws UserError when some are WordNet identifiers and the others are not, or are not of ImageNet-1k: then it is unclear
 * which folders are classes, and a single one changes the numbers of all.
 */
export function requireOneKind(names: Iterable<string>, folders: readonly string[]): void {
  const sorted = namesIn(names);
  const [identifiers, others] = [sorted.filter(isWnid), sorted.filter((name) => !isWnid(name))];
  const unknown = identifiers.filter((name) => !imagenetClasses.has(name));
  const isMixed = identifiers.length > 0 && others.length > 0;
  const odd = isMixed ? (others.length > identifiers.length ? identifiers : others) : unknown;
  if (odd.length === 0 || (!isMixed && odd.length === sorted.length)) return;
  const rest = !isMixed ? "classes of ImageNet-1k" : odd === others ? "WordNet identifiers" : "other names";
  throw new UserError(
    `cannot use the folders of ${folders.join(", ")} as classes: ${sorted.length - odd.length} of ${sorted.length} are ${rest}, ` +
      `and ${listed(odd)} ${odd.length === 1 ? "is" : "are"} not; move ${odd.length === 1 ? "it" : "them"} elsewhere, or list the classes in ${LABEL_FILE}`,
  );
}

/** Number of folders that a message lists. */
const LISTED = 5;
const listed = (names: readonly string[]): string =>
  `${names.slice(0, LISTED).join(", ")}${names.length > LISTED ? `, … (${names.length})` : ""}`;

/** Line ends are given, because the parser would otherwise expect that of the first line everywhere. */
const CSV = { bom: true, trim: true, skip_empty_lines: true, record_delimiter: ["\r\n", "\n", "\r"] };

/** A row of a CSV file. */
export interface CsvRow {
  readonly fields: readonly string[];
  /** The number of its last line, from 1. */
  readonly line: number;
}

/** Parses a CSV file's text. @throws UserError when it is not valid CSV. */
export function parseCsv(text: string, path: string): { header: readonly string[]; rows: readonly CsvRow[] } {
  if (text.includes("\0"))
    throw new UserError(`cannot read the labels ${path}: it is no text in UTF-8; save it as UTF-8`);
  try {
    const lines: number[] = [];
    const noteLine = (fields: string[], context: { lines: number }) => {
      lines.push(context.lines);
      return fields;
    };
    const [header = [], ...rows]: string[][] = parse(text, { ...CSV, on_record: noteLine });
    return { header, rows: rows.map((fields, i) => ({ fields, line: lines[i + 1] as number })) };
  } catch (error) {
    throw new UserError(`cannot read the labels ${path}: ${messageOf(error)}`);
  }
}

/** The index of a column. @throws UserError when the header does not contain it once. */
export function columnOf(header: readonly string[], column: string, path: string): number {
  const index = header.indexOf(column);
  if (header.lastIndexOf(column) !== index)
    throw new UserError(`cannot read the labels ${path}: it has several columns "${column}"`);
  if (index >= 0) return index;
  throw new UserError(
    `cannot read the labels ${path}: it has no column "${column}", only ${excerpt(header.join(", ")) || "an empty line"}; ` +
      "expected columns: file, class_index",
  );
}

/** More classes than any data set has; a larger number is a mistake. */
const MOST_CLASSES = 1_000_000;

function classOfNumber(text: string, file: string, path: string): number | null {
  if (text === "") return null;
  if (/^\d+$/.test(text) && Number(text) < MOST_CLASSES) return Number(text);
  throw new UserError(
    `cannot read the labels ${path}: the class of "${excerpt(file)}" is "${excerpt(text)}"; ` +
      `expected an integer from 0 to ${MOST_CLASSES - 1}, or nothing`,
  );
}

/** The class index of a WordNet identifier; null for "". @throws UserError when it is not an ImageNet-1k class. */
export function classOfWnid(text: string, file: string, path: string): number | null {
  if (text === "") return null;
  const index = imagenetClasses.get(text);
  if (index !== undefined) return index;
  throw new UserError(
    `cannot read the labels ${path}: the class of "${excerpt(file)}" is "${excerpt(text)}"; expected a WordNet identifier of ImageNet-1k, such as ${wnids[0]}, or nothing`,
  );
}
