import { mkdir, readdir, rename, rm, rmdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { CLASS_FILE, LABEL_FILE } from "../data/labels.js";
import { messageOf, UserError } from "../errors.js";
import { encodeImage } from "../platform/node/codec.js";
import { makeFolder, writeBytes } from "../platform/node/files.js";
import { MOST_CLASSES, marksOf } from "./marks.js";
import { drawScene, type Scene, type SceneSettings } from "./scene.js";

/** The file in the folder that says where the objects are. */
export const BOX_FILE = "boxes.csv";

/** Settings of a synthetic dataset. */
export interface SynthesisOptions extends SceneSettings {
  /** Pictures. */
  readonly count: number;
  readonly seed: number;
  /** Whether to write boxes.csv: a line for each object, with its file, class and box. */
  readonly boxes: boolean;
  readonly signal?: AbortSignal;
  onProgress?(done: number): void;
}

/** Pictures written at once. */
const TOGETHER = 32;
/** The smallest side in pixels that shows enough of a mark. */
const SMALLEST = 64;

/**
 * Draws pictures into a new folder: PNG files, labels.csv with the class of each, classes.txt with the names of the
 * classes, perhaps boxes.csv, and synthetic.json with the settings. The folder is whole or absent.
 * @throws UserError when settings are out of range, when there is something in the folder, and when it cannot be written;
 * what `signal` says when it aborts.
 */
export async function synthesize(folder: string, options: SynthesisOptions): Promise<void> {
  requireInRange(options);
  if ((await readdir(folder).catch(() => [])).length > 0)
    throw new UserError(`there is something in ${folder} already: remove it, or choose another folder`);
  const temporary = join(dirname(folder), `.${basename(folder)}.${process.pid}.tmp`);
  try {
    await makeFolder(dirname(folder));
    await rm(temporary, { recursive: true, force: true });
    await mkdir(temporary);
    await writeSet(temporary, options);
    await rmdir(folder).catch(() => {}); // an empty one stands in the way on some systems
    await rename(temporary, folder);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true }).catch(() => {});
    if (error instanceof UserError || options.signal?.aborted) throw error;
    throw new UserError(`cannot write ${folder}: ${messageOf(error)}`);
  }
}

async function writeSet(folder: string, options: SynthesisOptions): Promise<void> {
  const { count, seed, classes, size, style, objects, boxes, signal, onProgress } = options;
  const names = marksOf(classes).map(({ name }) => name);
  const labels: string[] = ["file,class_index,class\n"];
  const places: string[] = ["file,class_index,class,left,top,right,bottom\n"];
  for (let done = 0; done < count; done += TOGETHER) {
    signal?.throwIfAborted();
    const indices = Array.from({ length: Math.min(TOGETHER, count - done) }, (_, i) => done + i);
    const scenes = indices.map((index) => drawScene(options, seed, index));
    await Promise.all(scenes.map(({ image }, i) => encodeImage(image, join(folder, fileOf(done + i)))));
    for (const [i, scene] of scenes.entries()) {
      const rows = rowsOf(scene, fileOf(done + i), names);
      labels.push(rows.label);
      places.push(...rows.boxes);
    }
    onProgress?.(done + scenes.length);
  }
  await writeBytes(join(folder, LABEL_FILE), labels);
  await writeBytes(join(folder, CLASS_FILE), [`${names.join("\n")}\n`]);
  if (boxes) await writeBytes(join(folder, BOX_FILE), places);
  const settings = { count, seed, size, classes, style: style.name, objects };
  await writeBytes(join(folder, "synthetic.json"), [`${JSON.stringify(settings, null, 2)}\n`]);
}

const fileOf = (index: number): string => `${String(index).padStart(6, "0")}.png`;

/** A scene's line of labels.csv, and its lines of boxes.csv. */
function rowsOf({ objects }: Scene, file: string, names: readonly string[]) {
  const classOf = (label: number) => `${file},${label},${names[label]}`;
  return {
    label: `${classOf(objects[0]?.label as number)}\n`,
    boxes: objects.map(
      ({ label, left, top, right, bottom }) => `${classOf(label)},${left},${top},${right},${bottom}\n`,
    ),
  };
}

function requireInRange({ size, classes, count }: SynthesisOptions): void {
  if (size < SMALLEST)
    throw new UserError(`cannot draw pictures of ${size} pixels: the side must be ${SMALLEST} or more`);
  if (classes < 2 || classes > MOST_CLASSES || classes % 2)
    throw new UserError(`cannot draw ${classes} classes: give an even number from 2 to ${MOST_CLASSES}`);
  if (count < classes)
    throw new UserError(`${count} pictures cannot show ${classes} classes: give at least one for each`);
}
