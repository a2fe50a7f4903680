import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { messageOf, UserError } from "../errors.js";
import type { FoundBox, Rectangle } from "../metrics/detection/boxes.js";
import { readText, writeBytes } from "../platform/node/files.js";
import { excerpt } from "../printable.js";
import type { Id } from "./truth.js";

/** A detection as a file states it: its image and class by name or number, its corners as they are. */
export interface FileDetection extends Rectangle {
  readonly image: Id;
  /** A class name, or a category id of COCO. */
  readonly category: Id;
  readonly score: number;
}

/** The most bytes of a file of detections: V8 holds no longer string. */
const LARGEST = 2 ** 29 - 2 ** 16;

const read = (path: string): Promise<string> =>
  readText(path, LARGEST).then(
    (text) => text.replace(/^\uFEFF/, ""),
    (error) => {
      throw new UserError(`cannot read the detections ${path}: ${messageOf(error)}`);
    },
  );

/**
 * Reads a file of COCO's result format: a list of `{image_id, category_id, bbox: [x, y, width, height], score}`. A category
 * may also be a class name.
 * @throws UserError when it is no such list, with the number of the first entry that is not usable, from 1.
 */
export async function readCocoResults(path: string): Promise<FileDetection[]> {
  const text = await read(path);
  const fail = (reason: string) => new UserError(`cannot read the detections ${path}: ${reason}`);
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    throw fail(`it is not JSON: ${excerpt(messageOf(error))}`);
  }
  if (!Array.isArray(content))
    throw fail("it is no list; expected COCO's result format, [{image_id, category_id, bbox, score}, …]");
  return content.map((entry, i) => {
    const detection = detectionOf(entry);
    if (typeof detection === "string") throw fail(`entry ${i + 1}: ${detection}`);
    return detection;
  });
}

const isId = (value: unknown): value is Id => typeof value === "string" || Number.isFinite(value);

/** A detection, or why an entry is none. */
function detectionOf(entry: unknown): FileDetection | string {
  if (typeof entry !== "object" || entry === null) return "it is no object";
  const { image_id: image, category_id: category, bbox, score } = entry as Record<string, unknown>;
  if (!isId(image)) return `image_id is ${shown(image)}; expected a number or a string`;
  if (!isId(category)) return `category_id is ${shown(category)}; expected a number or a class name`;
  if (typeof score !== "number" || !Number.isFinite(score)) return `score is ${shown(score)}; expected a number`;
  if (!Array.isArray(bbox) || bbox.length !== 4 || !bbox.every((value) => Number.isFinite(value)))
    return `bbox is ${shown(bbox)}; expected [x, y, width, height]`;
  const [x, y, width, height] = bbox as [number, number, number, number];
  if (width < 0 || height < 0) return `bbox is ${shown(bbox)}; its width and height must not be negative`;
  return { image, category, score, left: x, top: y, right: x + width, bottom: y + height, boxArea: width * height };
}

const shown = (value: unknown): string => (value === undefined ? "missing" : excerpt(JSON.stringify(value), 60));

/** A file name of the devkit: "comp4_det_test_dog.txt" has the set "test" and the class "dog". */
const RESULT_FILE = /^.*?_det_([^_]+)_(.+)\.txt$/;

/**
 * Reads a folder of the result files of PASCAL VOC's devkit, one for each class: `*_det_SET_CLASS.txt` or `CLASS.txt`, with
 * lines of image, score and corners x1, y1, x2, y2, which count from 1 and include the last pixel.
 * @param set reads the files of this set only. Default: the only one.
 * @throws UserError when it has no such files or those of several sets, with file and line of the first unusable line.
 */
export async function readDevkitResults(folder: string, set?: string): Promise<FileDetection[]> {
  const names = await readdir(folder).catch((error) => {
    throw new UserError(`cannot read the detections ${folder}: ${messageOf(error)}`);
  });
  const files = chosenFiles(folder, names.sort(), set);
  const detections: FileDetection[] = [];
  for (const { name, category } of files) {
    const path = join(folder, name);
    const lines = (await read(path)).split(/\r\n|\n|\r/);
    for (const [i, line] of lines.entries()) {
      if (line.trim() === "") continue;
      const detection = lineOf(line, category);
      if (typeof detection === "string")
        throw new UserError(`cannot read the detections ${path}, line ${i + 1}: ${detection}`);
      detections.push(detection);
    }
  }
  return detections;
}

function chosenFiles(folder: string, names: readonly string[], set: string | undefined) {
  const files = names
    .filter((name) => name.endsWith(".txt") && !name.startsWith("."))
    .map((name) => {
      const [, found, category = name.slice(0, -4)] = resultName(name, set);
      return { name, set: found, category };
    });
  const sets = [...new Set(files.flatMap((file) => (file.set === undefined ? [] : [file.set])))];
  const fail = (reason: string) => new UserError(`cannot read the detections ${folder}: ${reason}`);
  if (files.length === 0) throw fail("it has no result files; expected *_det_SET_CLASS.txt or CLASS.txt");
  if (sets.length === 0) return files;
  if (set === undefined && sets.length > 1)
    throw fail(`it has files of the sets ${sets.join(", ")}; choose one as \`set\``);
  if (set !== undefined && !sets.includes(set)) throw fail(`it has files of the set ${sets.join(", ")}, not of ${set}`);
  return files.filter((file) => file.set === (set ?? sets[0]));
}

/** The parts of a file name: all of it, the set and the class; a set may contain "_" if it is known. */
function resultName(name: string, set: string | undefined): readonly (string | undefined)[] {
  const mark = `_det_${set}_`;
  const at = set === undefined ? -1 : name.indexOf(mark);
  if (at >= 0) return [name, set, name.slice(at + mark.length, -4)];
  return RESULT_FILE.exec(name) ?? [name];
}

const FIELDS = ["score", "x1", "y1", "x2", "y2"] as const;

/** The detection of a line, or why it is none. The name of an image may contain spaces. */
function lineOf(line: string, category: string): FileDetection | string {
  const fields = line.trim().split(/\s+/);
  if (fields.length < 6) return `it has ${fields.length} fields; expected image, score, x1, y1, x2, y2`;
  const texts = fields.slice(-5);
  const values = texts.map(Number);
  const odd = values.findIndex((value) => !Number.isFinite(value));
  if (odd >= 0) return `${FIELDS[odd]} is "${excerpt(texts[odd] ?? "", 60)}", not a number`;
  const [score, left, top, right, bottom] = values as [number, number, number, number, number];
  if (right < left || bottom < top) return "the box ends before it starts: x2 < x1 or y2 < y1";
  return { image: fields.slice(0, -5).join(" "), category, score, left, top, right, bottom };
}

/** The detections in an image, in pixels from its upper left corner, right and bottom excluded. */
export interface ImageDetections {
  /** The name of the image without its extension. */
  readonly image: string;
  readonly boxes: readonly FoundBox[];
}

/**
 * Writes the result files of PASCAL VOC's devkit: `comp4_det_SET_CLASS.txt` for each class, also for those without
 * detections. Corners count from 1 and include the last pixel.
 * @throws UserError when a file cannot be written.
 */
export async function writeDevkitResults(
  folder: string,
  set: string,
  classes: readonly string[],
  detections: readonly ImageDetections[],
): Promise<void> {
  const lines = classes.map((): string[] => []);
  for (const { image, boxes } of detections)
    for (const { class: index, score, left, top, right, bottom } of boxes)
      lines[index]?.push(`${[image, score, left + 1, top + 1, right, bottom].join(" ")}\n`);
  for (const [index, name] of classes.entries())
    await writeBytes(join(folder, `comp4_det_${set}_${name}.txt`), lines[index] ?? []);
}
