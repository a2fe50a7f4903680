import { join } from "node:path";
import { UserError } from "../../errors.js";
import { linesOf, readTextIfThere } from "../../platform/node/files.js";
import type { LeftOut } from "../../platform/node/image-files.js";
import { excerpt } from "../../printable.js";
import type { Box } from "../annotation.js";
import { CLASS_FILE, columnOf, parseCsv } from "../labels.js";
import { insideImage } from "./visible-boxes.js";

/** The file in a folder of images, such as a synthetic set, that lists the boxes of their objects. */
export const BOX_FILE = "boxes.csv";

const SIDES = ["left", "top", "right", "bottom"] as const;

/** The boxes of a folder's images. */
export interface BoxList {
  /** By name relative to the folder; images without objects are absent. */
  readonly boxes: ReadonlyMap<string, readonly Box[]>;
  readonly classes?: readonly string[];
  /** Lines that are not used. */
  readonly leftOut: readonly LeftOut[];
}

/**
 * Reads the `boxes.csv` of a folder: the columns `file`, `class_index`, `left`, `top`, `right` and `bottom` in pixels, right
 * and bottom excluded, one line for each object. `classes.txt` may name the classes.
 * @returns undefined when the folder has no such file.
 * @throws UserError when a column is missing or the file is no CSV.
 */
export async function readBoxFile(folder: string): Promise<BoxList | undefined> {
  const path = join(folder, BOX_FILE);
  const text = await readTextIfThere(path);
  if (text === undefined) return undefined;
  const { header, rows } = parseCsv(text, path);
  const [file, index] = [columnOf(header, "file", path), columnOf(header, "class_index", path)];
  const sides = SIDES.map((side) => columnOf(header, side, path));
  const names = await readTextIfThere(join(folder, CLASS_FILE));
  const classes = names === undefined ? undefined : linesOf(names);
  const boxes = new Map<string, Box[]>();
  const leftOut: LeftOut[] = [];
  for (const { fields, line } of rows) {
    const box = boxOf(
      fields[index] ?? "",
      sides.map((side) => fields[side] ?? ""),
      classes?.length,
    );
    if (typeof box === "string") {
      leftOut.push({ file: path, kind: "annotation", reason: `line ${line}: ${box}` });
      continue;
    }
    const name = (fields[file] ?? "").replaceAll("\\", "/").replace(/^(\.\/)+/, "");
    const others = boxes.get(name);
    if (others) others.push(box);
    else boxes.set(name, [box]);
  }
  return { boxes, leftOut, ...(classes && { classes }) };
}

/** The box of a line, or why it is not used. */
function boxOf(label: string, texts: readonly string[], classes: number | undefined): Box | string {
  if (!/^\d{1,7}$/.test(label)) return `the class is "${excerpt(label)}", not an index`;
  if (classes !== undefined && Number(label) >= classes) return `class ${label}; ${CLASS_FILE} names ${classes}`;
  const values = texts.map((text) => (text === "" ? Number.NaN : Number(text)));
  const odd = values.findIndex((value) => !Number.isFinite(value));
  if (odd >= 0) return `${SIDES[odd]} is "${excerpt(texts[odd] ?? "")}", not a number`;
  const [left, top, right, bottom] = values as [number, number, number, number];
  const box = insideImage({ class: Number(label), left, top, right, bottom }, undefined);
  return box ?? "the box is empty, or outside the image";
}

/** @throws UserError, always: the folder has no boxes. */
export function refuseWithoutBoxes(folder: string): never {
  throw new UserError(
    `cannot read the boxes of ${folder}: it has none; expected a folder of PASCAL VOC (JPEGImages, Annotations), ` +
      `of COCO (annotations/instances_*.json), or of images with ${BOX_FILE}`,
  );
}
