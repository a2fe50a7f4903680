import { readFile } from "node:fs/promises";
import { join, normalize } from "node:path";
import { parse } from "csv-parse/sync";
import { messageOf, UserError } from "../errors.js";
import { wnids } from "./imagenet.js";

/** The file in a folder of images that says their classes. */
export const LABEL_FILE = "labels.csv";

/**
 * Reads `labels.csv` of a folder: columns `file` (relative to the folder) and `class_index` (0, 1, …; empty: no class).
 * @returns the class, or null, of each path (`folder` included); undefined when the folder has no such file.
 * @throws UserError when a column is missing or a class is not a whole number of 0 or more.
 */
export async function readLabels(folder: string): Promise<Map<string, number | null> | undefined> {
  const path = join(folder, LABEL_FILE);
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw new UserError(`cannot read the labels ${path}: ${messageOf(error)}`);
  });
  if (text === undefined) return undefined;
  const [header = [], ...rows] = parseCsv(text, path);
  const file = columnOf(header, "file", path);
  const classIndex = columnOf(header, "class_index", path);
  return new Map(
    rows.map((row) => {
      const name = row[file] ?? "";
      return [normalize(join(folder, name)), classOf(row[classIndex] ?? "", name, path)];
    }),
  );
}

/**
 * The class of an image from the folder it lies in: the ImageNet-1k index when every folder is named by a WordNet
 * identifier (null for one outside the thousand), else the position among the sorted names. Null for the name "".
 */
export function classOfFolder(names: Iterable<string>): (name: string) => number | null {
  const sorted = [...new Set(names)].filter((name) => name !== "").sort();
  const imagenet = sorted.every((name) => /^n\d{8}$/.test(name));
  const indices = new Map((imagenet ? wnids : sorted).map((name, index) => [name, index]));
  return (name) => indices.get(name) ?? null;
}

function parseCsv(text: string, path: string): string[][] {
  try {
    return parse(text, { bom: true, trim: true, skip_empty_lines: true }) as string[][];
  } catch (error) {
    throw new UserError(`cannot read the labels ${path}: ${messageOf(error)}`);
  }
}

function columnOf(header: readonly string[], column: string, path: string): number {
  const index = header.indexOf(column);
  if (index >= 0) return index;
  throw new UserError(
    `cannot read the labels ${path}: there is no column "${column}". ` +
      `Its first line has: ${header.join(", ") || "nothing"}; expected: file, class_index`,
  );
}

function classOf(text: string, file: string, path: string): number | null {
  if (text === "") return null;
  if (/^\d+$/.test(text)) return Number(text);
  throw new UserError(
    `cannot read the labels ${path}: the class of "${file}" is "${text}"; expected a whole number of 0 or more, or nothing`,
  );
}
