import { readdir } from "node:fs/promises";
import { basename, extname, join, relative, sep } from "node:path";
import { messageOf, UserError } from "../errors.js";
import { classOfFolder, LABEL_FILE, readLabels } from "./labels.js";

export interface Item {
  readonly path: string;
  /** The class, 0 or more; null when nothing says it. */
  readonly label: number | null;
}

/** Images on disk, in an order that depends on their names alone. */
export interface Dataset {
  readonly folders: readonly string[];
  readonly items: readonly Item[];
  /** Images that a labels.csv lists and that are not there. */
  readonly missing: readonly string[];
}

const EXTENSIONS = new Set([".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".gif", ".avif"]);

/**
 * Finds the images of folders and of the folders inside them. Their classes come from the folder's `labels.csv`, or,
 * without one, from the names of the folders directly inside it.
 * @throws UserError when a folder is missing or holds no image, when labels.csv is wrong, and, if labels are needed, when
 * an image has none.
 * @param withLabels whether classes are looked for at all; if not, no labels.csv is opened. Default: true.
 */
export async function openDataset(
  folders: readonly string[],
  { needLabels, withLabels = true }: { needLabels: boolean; withLabels?: boolean },
): Promise<Dataset> {
  if (!withLabels) {
    const found = await Promise.all(folders.map(imagesOf));
    return { folders, items: found.flat().map((path) => ({ path, label: null })), missing: [] };
  }
  const scans = await Promise.all(folders.map(scan));
  const toClass = classOfFolder(scans.flatMap(({ labels, classes }) => (labels ? [] : [...classes.values()])));
  const items = scans.flatMap(({ paths, labels, classes }) =>
    paths.map((path) => ({ path, label: (labels ? labels.get(path) : toClass(classes.get(path) ?? "")) ?? null })),
  );
  if (needLabels) requireLabels(folders, items);
  return { folders, items, missing: scans.flatMap(({ missing }) => missing) };
}

interface Scan {
  paths: string[];
  /** What labels.csv says; undefined without one. */
  labels: Map<string, number | null> | undefined;
  /** Path to the name of the folder that stands for its class; "" when there is none. */
  classes: Map<string, string>;
  missing: string[];
}

async function scan(folder: string): Promise<Scan> {
  const paths = await imagesOf(folder);
  const labels = await readLabels(folder);
  const present = new Set(paths);
  const missing = [...(labels?.keys() ?? [])].filter((path) => !present.has(path));
  if (labels && missing.length === labels.size)
    throw new UserError(
      `none of the ${labels.size} files in ${join(folder, LABEL_FILE)} is in ${folder} (first: ${missing[0] ?? "no row"}); ` +
        "the column `file` must hold paths relative to that folder",
    );
  return { paths, labels, classes: new Map(paths.map((path) => [path, classFolder(folder, path)])), missing };
}

/** The folder directly inside `folder` that the image lies in; "" when it lies in `folder` itself. */
function classFolder(folder: string, path: string): string {
  const [first = "", ...rest] = relative(folder, path).split(sep);
  return rest.length ? first : "";
}

/** The images anywhere in a folder. @throws UserError when there is none. */
async function imagesOf(folder: string): Promise<string[]> {
  const paths = await imagesIn(folder);
  if (paths.length > 0) return paths;
  throw new UserError(`there is no image in ${folder}; looked for: ${[...EXTENSIONS].join(" ").replaceAll(".", "")}`);
}

/** Paths (`folder` included) of the images anywhere in a folder; hidden files are left out. */
async function imagesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true }).catch((error) => {
    throw new UserError(`cannot read the folder of images ${folder}: ${messageOf(error)}`);
  });
  return names
    .map((name) => name.replaceAll(sep, "/"))
    .filter((name) => EXTENSIONS.has(extname(name).toLowerCase()) && !basename(name).startsWith("."))
    .sort()
    .map((name) => join(folder, name));
}

function requireLabels(folders: readonly string[], items: readonly Item[]): void {
  const without = items.filter(({ label }) => label === null);
  if (without.length === 0) return;
  throw new UserError(
    `classes are needed, but ${without.length} of ${items.length} images in ${folders.join(", ")} have none ` +
      `(first: ${without[0]?.path}); give them in ${LABEL_FILE} (columns file, class_index) or keep one folder per class`,
  );
}
