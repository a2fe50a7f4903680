import { access, constants, realpath, stat, writeFile } from "node:fs/promises";
import { basename, dirname, extname, join, resolve, sep } from "node:path";
import { messageOf, UserError } from "../errors.js";
import { canEncode, encodedExtensions } from "../platform/node/codec.js";
import { isInside, isThere, makeFolder, specialKind, statusOf } from "../platform/node/files.js";
import { findImages, hasImageExtension, type LeftOut, leftOutLines } from "../platform/node/image-files.js";
import { requireInputsKept } from "../platform/node/outputs.js";
import { withTemporary } from "../platform/node/temporary.js";
import { named } from "../settings.js";
import { type OutputNaming, outputName, requireSuffix } from "./output-names.js";
import { formatOf } from "./raster-codec.js";

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
 * @param naming format and suffix of results in a folder. Default: the inputs' names.
 * @throws UserError when an input is missing or no regular file, no image is found, `out` names a file that Legible cannot
 * write, two images have the same output, an input would be overwritten, or the output folder cannot be written into.
 */
export async function planFiles(inputs: readonly string[], out: string, naming: OutputNaming = {}): Promise<FilePlan> {
  if (naming.suffix !== undefined) requireSuffix(naming.suffix);
  const found: Found[] = [];
  for (const input of inputs) found.push(await imagesOf(input, out, naming));
  const toFile = await namesOneFile(found, out);
  if (toFile) requireOwnName(out, naming);
  const { images, leftOut } = withoutResults(withoutRepeats(found), naming);
  if (images.length === 0)
    throw new UserError([`found no image in ${inputs.join(", ")}`, ...leftOutLines(leftOut)].join("; "));
  const planned = images.map(({ input, output }) => ({ input, output: toFile ? out : output }));
  await requireInputsKept(
    planned.map(({ output }) => output),
    planned.map(({ input }) => input),
  );
  const folder = toFile ? dirname(out) : out;
  requireDistinct(planned, (output) => output);
  await prepareFolder(folder);
  await requireDistinctHere(planned, folder);
  return { folder, toFile, images: planned, leftOut };
}

/** @throws UserError when format or suffix contradict a file's name. */
function requireOwnName(out: string, { format = "same", suffix }: OutputNaming): void {
  if (suffix !== undefined) throw new UserError(`${named("suffix")} is for folders of results, and ${out} is a file`);
  if (format !== "same" && formatOf(out) !== format)
    throw new UserError(`${named("format")} ${format} does not fit the file ${out}`);
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

async function imagesOf(input: string, out: string, naming: OutputNaming): Promise<Found> {
  try {
    const status = await statusOf(input);
    if (status.isDirectory()) return await imagesIn(input, out, naming);
    const special = specialKind(status);
    if (special !== undefined) throw new Error(special);
    const output = join(out, outputName(basename(input), naming));
    return { isFolder: false, images: [{ input, output, real: await realpath(input) }], leftOut: [] };
  } catch (error) {
    throw new UserError(`cannot read ${input}: ${messageOf(error)}`);
  }
}

/** The images of a folder. Results of earlier runs are left out if `out` is inside it. */
async function imagesIn(folder: string, out: string, naming: OutputNaming): Promise<Found> {
  const [root, results] = [await realpath(folder), await realpath(out).catch(() => resolve(out))];
  const isResult = (real: string) => isInside(results, root) && results !== root && isInside(real, results);
  const { images, leftOut } = await findImages(folder, isResult);
  const planned = images.map(({ name, path, real }) => ({
    input: path,
    output: join(out, outputName(name, naming)),
    real,
  }));
  return { isFolder: true, images: planned, leftOut };
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

/** The same where the file system takes names for the same that differ in case or in the composition of accents. */
async function requireDistinctHere(images: readonly PlannedImage[], folder: string): Promise<void> {
  try {
    requireDistinct(images, folded);
  } catch (error) {
    if (await foldsCase(folder)) throw error;
  }
}

const folded = (path: string): string => path.normalize("NFC").toLowerCase();

/** Without the results of an earlier run in the folder of the inputs, whose names differ from theirs by a suffix. */
function withoutResults({ images, leftOut }: Pick<Found, "images" | "leftOut">, { suffix }: OutputNaming) {
  if (suffix === undefined) return { images, leftOut };
  const outputs = new Set(images.map(({ output }) => resolve(output)));
  const isResult = ({ input }: PlannedImage): boolean => outputs.has(resolve(input));
  const results = images.filter(isResult);
  const omitted = results.map(
    ({ input }) => ({ file: input, kind: "other", reason: "made from other images" }) as const,
  );
  return { images: images.filter((image) => !isResult(image)), leftOut: [...leftOut, ...omitted] };
}

/** @throws UserError when two outputs have the same key; it names them and counts the others. */
function requireDistinct(images: readonly PlannedImage[], keyOf: (output: string) => string): void {
  const places = new Map<string, number>();
  const collisions: PlannedImage[] = [];
  for (const [index, image] of images.entries()) {
    const key = keyOf(image.output);
    if (places.has(key)) collisions.push(image);
    else places.set(key, index);
  }
  const [second] = collisions;
  if (!second) return;
  const first = images[places.get(keyOf(second.output)) as number] as PlannedImage;
  const others = collisions.length > 1 ? `, and ${collisions.length - 1} more images collide` : "";
  throw new UserError(
    `${first.input} and ${second.input} would both be written to ${first.output}${others}; rename one, or process them into different folders`,
  );
}

/** Whether a folder's file system finds a file under its name in other case. */
const foldsCase = (folder: string): Promise<boolean> =>
  withTemporary(folder, async (path) => {
    await writeFile(path, "");
    return isThere(join(dirname(path), basename(path).toUpperCase()));
  });

async function prepareFolder(folder: string): Promise<void> {
  try {
    await makeFolder(folder);
    await access(folder, constants.W_OK);
  } catch (error) {
    throw new UserError(`cannot write into ${folder}: ${messageOf(error)}`);
  }
}
