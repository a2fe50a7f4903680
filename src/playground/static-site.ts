import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { messageOf, UserError } from "../errors.js";
import { writeWholeFolder } from "../platform/node/whole-folder.js";
import type { Site } from "./site.js";

/**
 * Writes the files of the playground, for any host of static files. The folder is complete or absent.
 * @throws UserError when the folder exists and is not empty, or cannot be written.
 */
export async function writeStaticSite(site: Site, folder: string): Promise<void> {
  try {
    await writeWholeFolder(folder, async (temporary) => {
      for (const [address, { read }] of site) {
        const path = join(temporary, address);
        await mkdir(dirname(path), { recursive: true });
        await writeFile(path, await read());
      }
    });
  } catch (error) {
    if (error instanceof UserError) throw error;
    const { code = "" } = error as NodeJS.ErrnoException;
    if (["ENOTEMPTY", "EEXIST", "ENOTDIR"].includes(code))
      throw new UserError(`${folder} is not empty; name a new folder`);
    throw new UserError(`cannot write ${folder}: ${messageOf(error)}`);
  }
}
