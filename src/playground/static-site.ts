import { mkdir, rename, rmdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { messageOf, UserError } from "../errors.js";
import { isThere, makeFolder } from "../platform/node/files.js";
import { withTemporary } from "../platform/node/temporary.js";
import type { Site } from "./site.js";

/**
 * Writes the files of the playground, for any host of static files. The folder is complete or absent.
 * @throws UserError when the folder exists and is not empty, or cannot be written.
 */
export async function writeStaticSite(site: Site, folder: string): Promise<void> {
  try {
    await makeFolder(dirname(folder));
    await withTemporary(dirname(folder), async (temporary) => {
      for (const [address, { read }] of site) {
        const path = join(temporary, address);
        await mkdir(dirname(path), { recursive: true });
        await writeFile(path, await read());
      }
      await rmdir(folder).catch(() => {}); // some systems do not rename onto an empty folder
      if (await isThere(folder)) throw new UserError(`${folder} is not empty; name a new folder`);
      await rename(temporary, folder);
    });
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`cannot write ${folder}: ${messageOf(error)}`);
  }
}
