import { access, constants, realpath, stat } from "node:fs/promises";
import { basename, dirname, extname, join, resolve, sep } from "node:path";
import { messageOf, UserError } from "../errors.js";
import { canEncode, encodedExtensions } from "../platform/node/codec.js";
import { isInside, makeFolder, specialKind, statusOf } from "../platform/node/files.js";
import { findImages, hasImageExtension, type LeftOut, leftOutLines } from "../platform/node/image-files.js";
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
  /** Files that were found in the inputs and are not processed. */
  readonly leftOut: readonly LeftOut[];
}

/**
 * Finds the images among files and folders, and the output of each. Images of a folder keep their path relative to it
 * below `out`. A single file is written to `out` itself if that is named like an image and is no folder; a name that ends
 * in "/" is a folder's. Formats that Legible does not write (GIF, AVIF) become PNG. Each file is processed once. Creates
 * the output folder.
 * @throws UserError when an input is missing or no regular file, no image is found, `out` names a file that Legible cannot
 * write, two images have the same output, an input would be overwritten, or the output folder cannot be written into.
 */
export async function planFiles(inputs: readonly string[], out: string): Promise<FilePlan> {
  const found: Found[] = [];
  for (const input of inputs) found.push(await imagesOf(input, out));
  const toFile = await namesOneFile(found, out);
  const { images, leftOut } = withoutRepeats(found);
  if (images.length === 0)
    throw new UserError([`found no image in ${inputs.join(", ")}`, ...leftOutLines(leftOut)].join("; "));
  const planned = images.map(({ input, output }) => ({ input, output: toFile ? out : output }));
  requireDistinctOutputs(planned);
  await requireInputsKept(
    planned.map(({ output }) => output),
    planned.map(({ input }) => input),
  );
  const folder = toFile ? dirname(out) : out;
  await prepareFolder(folder);
  return { folder, toFile, images: planned, leftOut };
}

/** What is found at an input. */
interface Found {
  readonly isFolder: boolean;
  /** `real` is the path of the input without links. */
  readonly images: readonly (PlannedImage & { readonly real: string })[];
  readonly leftOut: readonly LeftOut[];
}

/**
 * Whether the output is a single file. The name decides, unless a folder of that name exists.
 * @throws UserError when it is the name of a file that Legible cannot write, or of one image although there can be several.
 */
async function namesOneFile(found: readonly Found[], out: string): Promise<boolean> {
  const writable = `an image must end in ${encodedExtensions.join(", ")}`;
  const folderHint = 'a folder of that name needs a "/" at its end';
  if (out === "-") throw new UserError(`cannot write to standard output: give a folder or a file; ${writable}`);
  const status = await stat(out).catch(() => undefined);
  const special = status && specialKind(status);
  if (status?.isDirectory() || out.endsWith("/") || out.endsWith(sep)) return false;
  if (special !== undefined) throw new UserError(`cannot write ${out}: ${special}`);
  const extension = extname(out);
  const isSingle = found.length === 1 && !found[0]?.isFolder;
  if (canEncode(out) && isSingle) return true;
  if (canEncode(out)) throw new UserError(`cannot write several images to ${out}: give a folder; ${folderHint}`);
  const isOnlyExtension = hasImageExtension(`image${basename(out)}`);
  if (hasImageExtension(out) || isOnlyExtension || (isSingle && FILE_EXTENSION.test(extension)))
    throw new UserError(`cannot write ${out}: ${writable}; ${folderHint}`);
  return false;
}

/** How extensions of files look: ".pgn". A folder's ".v2" or ".d" does not. */
const FILE_EXTENSION = /^\.[a-z]{2,5}$/i;

async function imagesOf(input: string, out: string): Promise<Found> {
  try {
    const status = await statusOf(input);
    if (status.isDirectory()) return await imagesIn(input, out);
    const special = specialKind(status);
    if (special !== undefined) throw new Error(special);
    const output = outputOf(basename(input), out);
    return { isFolder: false, images: [{ input, output, real: await realpath(input) }], leftOut: [] };
  } catch (error) {
    throw new UserError(`cannot read ${input}: ${messageOf(error)}`);
  }
}

/** The images of a folder. Results of earlier runs are left out if `out` is inside it. */
async function imagesIn(folder: string, out: string): Promise<Found> {
  const [root, results] = [await realpath(folder), await realpath(out).catch(() => resolve(out))];
  const isResult = (real: string) => isInside(results, root) && results !== root && isInside(real, results);
  const { images, leftOut } = await findImages(folder, isResult);
  const planned = images.map(({ name, path, real }) => ({ input: path, output: outputOf(name, out), real }));
  return { isFolder: true, images: planned, leftOut };
}

/** The most bytes of a file's name. */
const LONGEST_NAME = 255;

/** The path of the result of an image of that name, in `out`. */
function outputOf(name: string, out: string): string {
  if (canEncode(name)) return join(out, name);
  const fits = Buffer.byteLength(basename(name)) + ".png".length <= LONGEST_NAME;
  return join(out, `${fits ? name : name.slice(0, -extname(name).length)}.png`);
}

/** All images, each file once; the others are left out. */
function withoutRepeats(found: readonly Found[]): Pick<Found, "images" | "leftOut"> {
  const [seen, repeated] = [new Set<string>(), [] as LeftOut[]];
  const images = found
    .flatMap((each) => each.images)
    .filter(({ input, real }) => {
      const isNew = !seen.has(real);
      if (!isNew) repeated.push({ file: input, kind: "repeated", reason: "the same file as another" });
      seen.add(real);
      return isNew;
    });
  return { images, leftOut: [...found.flatMap((each) => each.leftOut), ...repeated] };
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
