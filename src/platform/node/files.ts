import { mkdir, open, readFile, rename, stat } from "node:fs/promises";
import { dirname, isAbsolute, relative } from "node:path";
import { messageOf, UserError } from "../../errors.js";
import { withTemporary } from "./temporary.js";

/**
 * The text of a file; undefined if the file is missing.
 * @throws UserError when the file exists and cannot be read.
 */
export const readTextIfThere = (path: string): Promise<string | undefined> =>
  readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
    throw new UserError(`cannot read ${path}: ${messageOf(error)}`);
  });

/** Whether a file or folder exists at a path. */
export const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/** Whether a path is inside a folder, or the folder itself, as far as the texts tell. Links are not followed. */
export function isInside(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return !isAbsolute(way) && !/^\.\.([/\\]|$)/.test(way);
}

/** The lines of a text that are not blank, trimmed. */
export const linesOf = (text: string): string[] =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");

/**
 * Calls `write` with a temporary path in the folder of `path`, then renames that file to `path`: the file is whole or absent.
 * Missing folders are created.
 * @throws UserError when the file cannot be written.
 */
export async function writeWhole(path: string, write: (temporary: string) => Promise<unknown>): Promise<void> {
  try {
    await makeFolder(dirname(path));
    await withTemporary(dirname(path), async (temporary) => {
      await write(temporary);
      await rename(temporary, path);
    });
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`cannot write ${path}: ${messageOf(error)}`);
  }
}

/** Writes bytes and texts one after the other, as a file that is whole or absent; it is on the disk on return. */
export async function writeBytes(path: string, chunks: readonly (Uint8Array | string)[]): Promise<void> {
  await writeWhole(path, async (temporary) => {
    const file = await open(temporary, "w");
    try {
      for (const chunk of chunks) await file.writeFile(chunk);
      await file.sync();
    } finally {
      await file.close();
    }
  });
}

/**
 * Creates a folder and its missing parents. Node's own `recursive` option never returns where the system reports "no such
 * file" for an existing parent, as in /proc.
 */
export async function makeFolder(path: string): Promise<void> {
  const exists = async (): Promise<boolean> => (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
  if (await exists()) return;
  if (dirname(path) !== path) await makeFolder(dirname(path));
  try {
    await mkdir(path);
  } catch (error) {
    if (!(await exists())) throw error;
  }
}
