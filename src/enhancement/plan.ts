import type { Stats } from "node:fs";
import { access, constants, readdir, stat } from "node:fs/promises";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { messageOf, UserError } from "../errors.js";
import { canEncode } from "../platform/node/codec.js";
import { makeFolder } from "../platform/node/files.js";
import { requireInputsKept } from "../platform/node/outputs.js";

/** The paths of an image and of its result. */
export interface PlannedImage {
  readonly input: string;
  readonly output: string;
}

/** Which image files are processed, and where their results go. */
export interface FilePlan {
  /** The folder that all outputs are in. */
  readonly folder: string;
  /** Whether the output is a single named file rather than a folder of results. */
  readonly toFile: boolean;
  readonly images: readonly PlannedImage[];
}

/**
 * Finds the images among files and folders, and the output of each. Images of a folder keep their path relative to it
 * below `out`; a single file is written to `out` itself if that has the extension of an image. Formats that Legible does
 * not write (GIF, AVIF, HEIF) become PNG. Creates the output folder.
 * @throws UserError when an input is missing, no image is found, two images have the same output, an input would be
 * overwritten, or the output folder cannot be written into.
 */
export async function planFiles(inputs: readonly string[], out: string): Promise<FilePlan> {
  const toFile = await namesOneFile(inputs, out);
  const found = (await Promise.all(inputs.map((input) => imagesOf(input, out)))).flat();
  const images = toFile ? found.map(({ input }) => ({ input, output: out })) : found;
  if (images.length === 0) throw new UserError(`found no image in ${inputs.join(", ")}`);
  requireDistinctOutputs(images);
  await requireInputsKept(
    images.map(({ output }) => output),
    images.map(({ input }) => input),
  );
  const folder = toFile ? dirname(out) : out;
  await prepareFolder(folder);
  return { folder, toFile, images };
}

const statusOf = (path: string): Promise<Stats | undefined> => stat(path).catch(() => undefined);
const isFolder = async (path: string): Promise<boolean> => (await statusOf(path))?.isDirectory() ?? false;

const namesOneFile = async ([input, ...others]: readonly string[], out: string): Promise<boolean> =>
  input !== undefined && others.length === 0 && canEncode(out) && !(await isFolder(input)) && !(await isFolder(out));

async function imagesOf(input: string, out: string): Promise<PlannedImage[]> {
  const status = await statusOf(input);
  if (!status) throw new UserError(`cannot read ${input}: no such file or folder`);
  const names = status.isDirectory() ? await namesIn(input, out) : [basename(input)];
  return names.map((name) => ({
    input: status.isDirectory() ? join(input, name) : input,
    output: join(out, canEncode(name) ? name : `${name}.png`),
  }));
}

/** Names of the files that are taken from a folder; a file given by itself may have any name. */
const IMAGE_NAME = /\.(png|jpe?g|webp|tiff?|gif|avif|hei[cf])$/i;

const isBelow = (path: string, folder: string): boolean => resolve(path).startsWith(resolve(folder) + sep);

/** Paths relative to the folder, sorted, without hidden files. Results of earlier runs are left out if `out` is inside it. */
async function namesIn(folder: string, out: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory() && IMAGE_NAME.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !(isBelow(out, folder) && isBelow(path, out)))
    .map((path) => relative(folder, path))
    .filter((name) => !name.split(sep).some((part) => part.startsWith(".")))
    .sort();
}

function requireDistinctOutputs(images: readonly PlannedImage[]): void {
  const inputOf = new Map<string, string>();
  for (const { input, output } of images) {
    const other = inputOf.get(output);
    if (other !== undefined) throw new UserError(`${other} and ${input} would both be written to ${output}`);
    inputOf.set(output, input);
  }
}

async function prepareFolder(folder: string): Promise<void> {
  try {
    await makeFolder(folder);
    await access(folder, constants.W_OK);
  } catch (error) {
    throw new UserError(`cannot write into ${folder}: ${messageOf(error)}`);
  }
}
