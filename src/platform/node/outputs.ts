import { open, realpath, rm, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { messageOf, UserError } from "../../errors.js";
import { sweep, temporaryPath } from "./temporary.js";

/* Checks of outputs before the work whose results they will hold. */

/**
 * Checks that a file can be written at each path. Nothing is created, but what killed processes left beside it is removed.
 * @param inputs files that must not be overwritten.
 * @throws UserError when a path is a folder or a device, is an input or another output, or its folder cannot be written into.
 */
export async function requireWritable(outputs: readonly string[], inputs: readonly string[] = []): Promise<void> {
  for (const output of outputs) {
    const status = await stat(output).catch(() => undefined);
    if (status?.isDirectory()) throw new UserError(`cannot write ${output}: it is a folder`);
    if (status && !status.isFile()) throw new UserError(`cannot write ${output}: it is not a regular file`);
    await requireCreatable(dirname(output), basename(output)).catch((error) => {
      throw new UserError(`cannot write ${output}: ${messageOf(error)}`);
    });
  }
  await requireInputsKept(outputs, inputs);
  const places = await Promise.all(outputs.map(placeOf));
  const twice = outputs.find((_, i) => places.indexOf(places[i] as string) < i);
  if (twice !== undefined) throw new UserError(`two outputs would be written to ${twice}; choose different files`);
}

/**
 * Checks that a folder exists and can be written into, or can be created. Nothing is created.
 * @throws UserError otherwise.
 */
export async function requireWritableFolder(path: string): Promise<void> {
  await requireCreatable(path, "").catch((error) => {
    throw new UserError(`cannot create the folder ${path}: ${messageOf(error)}`);
  });
}

/** The most bytes of a file's name. */
export const LONGEST_NAME = 255;

/** Tries it with a temporary file in the folder, or in the nearest parent that exists. */
async function requireCreatable(folder: string, name: string): Promise<void> {
  if (Buffer.byteLength(name) > LONGEST_NAME) throw new Error(`its name has more than ${LONGEST_NAME} bytes`);
  const status = await stat(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
    return undefined;
  });
  if (!status) return requireCreatable(dirname(resolve(folder)), basename(folder));
  if (!status.isDirectory()) throw new Error(`${folder} is not a folder`);
  await sweep(folder);
  const probe = temporaryPath(folder);
  await (await open(probe, "wx")).close();
  await rm(probe, { force: true });
}

/**
 * Checks that no output is one of the inputs. Files are compared rather than paths: a symbolic or hard link or another
 * spelling may lead to the same file.
 * @throws UserError that names the output.
 */
export async function requireInputsKept(outputs: readonly string[], inputs: readonly string[]): Promise<void> {
  const existing = new Set<string>();
  for await (const [, identity] of identified(outputs)) if (identity !== undefined) existing.add(identity);
  if (existing.size === 0) return;
  const taken = new Set<string>();
  for await (const [, identity] of identified(inputs))
    if (identity !== undefined && existing.has(identity)) taken.add(identity);
  if (taken.size === 0) return;
  for await (const [output, identity] of identified(outputs))
    if (identity !== undefined && taken.has(identity))
      throw new UserError(`${output} is one of the inputs and would be overwritten; choose another output`);
}

/** Number of files that are looked up at the same time. */
const TOGETHER = 128;

/** The identity of each file, in order; a few at a time, because there can be a hundred thousand. */
async function* identified(paths: readonly string[]): AsyncGenerator<readonly [path: string, string | undefined]> {
  for (let first = 0; first < paths.length; first += TOGETHER)
    yield* await Promise.all(
      paths.slice(first, first + TOGETHER).map(async (path) => [path, await identityOf(path)] as const),
    );
}

/** The number of a file or, if the system has none, its real path; undefined if it does not exist. */
async function identityOf(path: string): Promise<string | undefined> {
  const status = await stat(path, { bigint: true }).catch(() => undefined);
  return status && (status.ino > 0n ? `${status.dev}:${status.ino}` : realpath(path));
}

/** The real path of a file, which need not exist. */
export async function placeOf(path: string): Promise<string> {
  return realpath(path).catch(async () => {
    const parent = dirname(resolve(path));
    return parent === resolve(path) ? parent : join(await placeOf(parent), basename(path));
  });
}
