import { mkdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { messageOf, UserError } from "../errors.js";

/**
 * Has `write` fill a temporary file in the folder of `path`, then gives it that name: the file is whole or absent.
 * Missing folders are made.
 * @throws UserError when the file cannot be written.
 */
export async function writeWhole(path: string, write: (temporary: string) => Promise<unknown>): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.tmp`);
  try {
    await mkdir(dirname(path), { recursive: true });
    await write(temporary);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    if (error instanceof UserError) throw error;
    throw new UserError(`cannot write ${path}: ${messageOf(error)}`);
  }
}
