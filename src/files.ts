import { open, rename, rm } from "node:fs/promises";
import { messageOf, UserError } from "./errors.js";

/**
 * Writes a file whole or not at all: `write` fills a temporary file in the same folder, which then takes the file's
 * name.
 * @throws UserError when the place cannot be written.
 */
export async function writeWhole(path: string, write: (temporary: string) => Promise<unknown>): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    await write(temporary);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    if (error instanceof UserError) throw error;
    throw new UserError(`cannot write ${path}: ${messageOf(error)}`);
  }
}

/** Writes these bytes or texts one after the other, as a file that is whole or absent, and on the disk on return. */
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
