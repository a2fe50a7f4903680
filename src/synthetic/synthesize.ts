import { readdir } from "node:fs/promises";
import { join, sep } from "node:path";
import { CLASS_FILE, LABEL_FILE } from "../data/labels.js";
import { BOX_FILE } from "../data/sources/box-file.js";
import { messageOf, UserError } from "../errors.js";
import { readTextIfThere, writeBytes } from "../platform/node/files.js";
import { writeWholeFolder } from "../platform/node/whole-folder.js";
import { type RenderOptions, type ResolvedRenderOptions, resolveRenderOptions } from "./render.js";
import { RenderWorkers } from "./render-workers.js";
import type { BoxedObject } from "./scene.js";
import { fileOf } from "./styles.js";

/** The file in a synthetic set that holds its options. */
const DESCRIPTION_FILE = "synthetic.json";

/** Options of a synthetic set. They determine its images. */
export interface SynthesisOptions extends RenderOptions {
  /** Number of images: at least one for each class. */
  readonly count: number;
  /** Default: 0. */
  readonly seed?: number;
  /** Index of the first image. Sets of one seed share no image if their ranges of indices are disjoint. Default: 0. */
  readonly firstIndex?: number;
  /** Whether to write boxes.csv, with a line for each object: its file, class and box in pixels. Default: false. */
  readonly boxes?: boolean;
  readonly signal?: AbortSignal;
  /** Called with the number of images written. */
  onProgress?(done: number): void;
}

interface ResolvedSet extends ResolvedRenderOptions {
  readonly count: number;
  readonly seed: number;
  readonly firstIndex: number;
  readonly boxes: boolean;
}

/**
 * Writes a labeled set of synthetic images: PNG files, labels.csv, classes.txt, synthetic.json with the options, and on
 * request boxes.csv. Does nothing if the folder holds exactly this set. The folder is complete or absent.
 * @example
 * await synthesize("set/train", { style: "patterned", count: 2000 });
 * await synthesize("set/test", { style: "patterned", count: 500, firstIndex: 2000 });
 * @throws UserError when an option is out of range, when the folder holds something else, and when it cannot be written;
 * the signal's reason when it aborts.
 */
export async function synthesize(folder: string, options: SynthesisOptions): Promise<void> {
  const set = resolve(options);
  if (await isComplete(folder, set)) return;
  try {
    await writeWholeFolder(folder, (temporary) => writeSet(temporary, set, options));
  } catch (error) {
    if (error instanceof UserError || options.signal?.aborted) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if ((code === "ENOTEMPTY" || code === "EEXIST") && (await isComplete(folder, set))) return; // by another process
    throw new UserError(`cannot write ${folder}: ${messageOf(error)}`);
  }
}

/** @throws UserError when an option is out of range. */
function resolve({ count, seed = 0, firstIndex = 0, boxes = false, ...options }: SynthesisOptions): ResolvedSet {
  const resolved = resolveRenderOptions(options);
  if (count < resolved.classes)
    throw new UserError(`\`count\` is ${count}; ${resolved.classes} classes need at least one image each`);
  return { ...resolved, count, seed, firstIndex, boxes };
}

/**
 * Whether the folder holds this set.
 * @returns false when it is empty or missing.
 * @throws UserError when it holds anything else.
 */
async function isComplete(folder: string, set: ResolvedSet): Promise<boolean> {
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  if (names.length === 0) return false;
  const description = await readTextIfThere(join(folder, DESCRIPTION_FILE));
  const present = new Set(names.map((name) => name.replaceAll(sep, "/")));
  const missing = indicesOf(set).filter((index) => !present.has(fileOf(set.style, set.classes, index)));
  if (description === describe(set) && missing.length === 0) return true;
  const content =
    description === undefined
      ? "other files"
      : description === describe(set)
        ? `this set without ${missing.length} of its ${set.count} images`
        : `another set (see ${DESCRIPTION_FILE})`;
  throw new UserError(`cannot synthesize into ${folder}: it holds ${content}; remove it, or choose another folder`);
}

function describe({ style, count, seed, firstIndex, size, classes, objects, boxes }: ResolvedSet): string {
  const settings = { style: style.name, count, seed, firstIndex, size, classes, objects, boxes };
  return `${JSON.stringify(settings, null, 2)}\n`;
}

async function writeSet(
  folder: string,
  set: ResolvedSet,
  { signal, onProgress }: Pick<SynthesisOptions, "signal" | "onProgress">,
): Promise<void> {
  const names = set.style.classNames(set.classes);
  const labels: string[] = ["file,class_index,class\n"];
  const boxes: string[] = ["file,class_index,class,left,top,right,bottom\n"];
  const { style, size, classes, objects, seed, firstIndex, count } = set;
  const workers = new RenderWorkers({ style: style.name, settings: { size, classes, objects }, seed, folder }, count);
  try {
    let index = firstIndex;
    for await (const batch of workers.write(firstIndex)) {
      signal?.throwIfAborted();
      for (const objects of batch) {
        const rows = rowsOf(objects, fileOf(style, classes, index++), names);
        labels.push(rows.label);
        boxes.push(...rows.boxes);
      }
      onProgress?.(index - firstIndex);
    }
  } finally {
    await workers.close();
  }
  await writeBytes(join(folder, LABEL_FILE), labels);
  await writeBytes(join(folder, CLASS_FILE), [`${names.join("\n")}\n`]);
  if (set.boxes) await writeBytes(join(folder, BOX_FILE), boxes);
  await writeBytes(join(folder, DESCRIPTION_FILE), [describe(set)]);
}

const indicesOf = ({ count, firstIndex }: ResolvedSet): number[] =>
  Array.from({ length: count }, (_, i) => firstIndex + i);

/** The line in labels.csv of an image, and its lines in boxes.csv. */
function rowsOf(objects: readonly BoxedObject[], file: string, names: readonly string[]) {
  const classOf = (label: number) => `${file},${label},${names[label]}`;
  return {
    label: `${classOf(objects[0]?.label as number)}\n`,
    boxes: objects.map(
      ({ label, left, top, right, bottom }) => `${classOf(label)},${left},${top},${right},${bottom}\n`,
    ),
  };
}
