import { mkdir, rename, rmdir } from "node:fs/promises";
import { dirname } from "node:path";
import { makeFolder } from "./files.js";
import { withTemporary } from "./temporary.js";

/**
 * Writes a folder that is complete or absent: `write` fills a temporary one beside it, which is then renamed. An empty folder is
 * replaced.
 * @throws the error of the file system, ENOTEMPTY, EEXIST or ENOTDIR, when something else is there.
 */
export async function writeWholeFolder(folder: string, write: (temporary: string) => Promise<void>): Promise<void> {
  await makeFolder(dirname(folder));
  await withTemporary(dirname(folder), async (temporary) => {
    await mkdir(temporary);
    await write(temporary);
    await rmdir(folder).catch(() => {}); // some systems do not rename onto an empty folder
    await rename(temporary, folder);
  });
}
