import { constants, type Stats } from "node:fs";
import { type FileHandle, mkdir, open, rename, stat } from "node:fs/promises";
import { dirname, isAbsolute, relative } from "node:path";
import { messageOf, UserError } from "../../errors.js";
import { withTemporary } from "./temporary.js";

/** The most bytes of a file that are read at once: Node reads less than 2 GiB in one call. */
const LARGEST = 2 ** 31 - 1;
/** The most bytes of a text that a user writes, such as labels.csv, a sidecar or a recipe. */
const LARGEST_TEXT = 2 ** 27;

/** What a path leads to if it is no regular file; undefined if it is one. */
export function specialKind(status: Pick<Stats, "isFile" | "isDirectory" | "isFIFO" | "isSocket">): string | undefined {
  if (status.isFile()) return undefined;
  if (status.isDirectory()) return "it is a folder";
  if (status.isFIFO()) return "it is a pipe, not a file";
  return status.isSocket() ? "it is a socket, not a file" : "it is a device, not a file";
}

/**
 * Opens a regular file for reading. Nothing else is opened, because a pipe, a device or a socket can make a read wait
 * forever.
 * @throws Error when it is missing or no regular file.
 */
export async function openRegular(path: string): Promise<FileHandle> {
  requireRegular(await statusOf(path));
  const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)); // does not wait if it is a pipe by now
  try {
    requireRegular(await file.stat());
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

function requireRegular(status: Stats): void {
  const special = specialKind(status);
  if (special !== undefined) throw new Error(special);
}

/** The decoder of names puts this character in the place of bytes that are not UTF-8. */
const REPLACEMENT = "\uFFFD";
const UNNAMEABLE = "UNNAMEABLE";

/**
 * The status of a path, of a link's target.
 * @throws Error when there is none, or its name is not UTF-8, which Node cannot pass to the system.
 */
export function statusOf(path: string): Promise<Stats> {
  return stat(path).catch((error) => {
    if (!path.includes(REPLACEMENT)) throw error;
    throw Object.assign(new Error("its name is not UTF-8; rename it"), { code: UNNAMEABLE });
  });
}

/**
 * The bytes of a regular file.
 * @param limit the most bytes that it may have. Default: 2 GiB - 1.
 * @throws Error when it is missing, no regular file, or larger.
 */
export async function readRegular(path: string, limit = LARGEST): Promise<Buffer> {
  const file = await openRegular(path);
  try {
    const { size } = await file.stat();
    if (size > limit) throw new Error(`it has ${size} bytes, more than the limit of ${limit}`);
    if (size === 0) return await readUnsized(file, limit);
    const content = Buffer.allocUnsafeSlow(size);
    let length = 0;
    while (length < size) {
      const { bytesRead } = await file.read(content, length, size - length, length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    return content.subarray(0, length);
  } finally {
    await file.close();
  }
}

/** Files of /proc have size 0 and content all the same, some of them without an end. */
async function readUnsized(file: FileHandle, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for (let length = 0; ; ) {
    const chunk = Buffer.alloc(2 ** 16);
    const { bytesRead } = await file.read(chunk, 0, chunk.length, null);
    if (bytesRead === 0) return Buffer.concat(chunks);
    length += bytesRead;
    if (length > limit) throw new Error(`it has more than the limit of ${limit} bytes`);
    chunks.push(chunk.subarray(0, bytesRead));
  }
}

/**
 * The text of a regular file.
 * @param limit the most bytes that it may have. Default: 128 MiB.
 * @throws Error when it is missing, no regular file, or larger.
 */
export const readText = async (path: string, limit = LARGEST_TEXT): Promise<string> =>
  (await readRegular(path, limit)).toString("utf8");

/**
 * The text of a regular file that people wrote, without a byte order mark.
 * @throws Error as `readText` does, and when it is not UTF-8: reading it all the same would change its letters.
 */
export const readUtf8 = async (path: string): Promise<string> =>
  new TextDecoder("utf-8", { fatal: true }).decode(await readRegular(path, LARGEST_TEXT));

/**
 * The text of a file; undefined if the file is missing.
 * @param limit the most bytes that it may have. Default: 128 MiB.
 * @throws UserError when the file exists and cannot be read.
 */
export const readTextIfThere = (path: string, limit = LARGEST_TEXT): Promise<string | undefined> =>
  readText(path, limit).catch((error: NodeJS.ErrnoException) => {
    if (["ENOENT", "ENOTDIR", UNNAMEABLE].includes(error.code ?? "")) return undefined;
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
    await requireReplaceable(path);
    await withTemporary(dirname(path), async (temporary) => {
      await write(temporary);
      await rename(temporary, path);
    });
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`cannot write ${path}: ${messageOf(error)}`, { cause: error });
  }
}

/** A file can be replaced; a pipe or a device must not be, because programs wait for it or the system needs it. */
async function requireReplaceable(path: string): Promise<void> {
  const status = await stat(path).catch(() => undefined);
  if (status) requireRegular(status);
}

/**
 * Writes bytes and texts one after the other, as a file that is whole or absent; it is on the disk on return.
 * @param onStored called with the path of the temporary file when it is on the disk; the file is renamed afterwards.
 */
export async function writeBytes(
  path: string,
  chunks: readonly (Uint8Array | string)[],
  onStored?: (temporary: string) => Promise<void>,
): Promise<void> {
  await writeWhole(path, async (temporary) => {
    const file = await open(temporary, "w");
    try {
      for (const chunk of chunks) await file.writeFile(chunk);
      await file.sync();
    } finally {
      await file.close();
    }
    await onStored?.(temporary);
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
