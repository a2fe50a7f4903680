import { realpath } from "node:fs/promises";
import { dirname, join } from "node:path";
import { UserError } from "../errors.js";
import { isInside, statusOf } from "../platform/node/files.js";
import { requireInputsKept } from "../platform/node/outputs.js";
import type { Dataset } from "./dataset.js";
import { CLASS_FILE, LABEL_FILE } from "./labels.js";
import { BOX_FILE } from "./sources/box-file.js";

/** The names of files that say what images show, in all layouts. The results of a command have other endings. */
const ANNOTATION = /\.(csv|txt|xml|mat|png)$|(^|[/\\])instances_[^/\\]*\.json$/i;

/**
 * Checks that no output replaces an image of a data set, or a file that says what its images show, whether this is read or not.
 * @throws UserError that names the output.
 */
export async function requireDataKept(outputs: readonly string[], { items, folders }: Dataset): Promise<void> {
  // Hard links to these are found by their identity.
  const usual = [LABEL_FILE, CLASS_FILE, BOX_FILE];
  await requireInputsKept(outputs, [
    ...items.map(({ path }) => path),
    ...folders.flatMap((folder) => [folder, ...usual.map((name) => join(folder, name))]),
  ]);
  const places = await Promise.all(folders.map(placeOf));
  for (const output of outputs) {
    const real = await realpath(output).catch(() => undefined);
    if (real !== undefined && ANNOTATION.test(real) && places.some((place) => isInside(real, place)))
      throw new UserError(`${output} is a file of the data and would be overwritten; choose another output`);
  }
}

/** The folder of a data set, without links; of data that are a file, the folder of this. */
async function placeOf(path: string): Promise<string> {
  const real = await realpath(path);
  return (await statusOf(real))?.isFile() ? dirname(real) : real;
}
