import { link, open, rm } from "node:fs/promises";
import { join } from "node:path";
import { messageOf, UserError } from "../errors.js";
import { readTextIfThere } from "../platform/node/files.js";
import { withTemporary } from "../platform/node/temporary.js";
import { randomToken, tokenIn } from "./codes.js";
import { studyFiles } from "./study-folder.js";

/**
 * The admin's token of a study. The first call creates its file, which only its owner can read.
 * @throws UserError when it cannot be read or written.
 */
export async function adminTokenOf(folder: string): Promise<string> {
  const path = join(folder, studyFiles.adminToken);
  return createdToken(folder, path).catch((error) => {
    if (error instanceof UserError) throw error;
    throw new UserError(`cannot write ${path}: ${messageOf(error)}`);
  });
}

async function createdToken(folder: string, path: string): Promise<string> {
  const known = (await readTextIfThere(path))?.trim();
  if (known !== undefined && tokenIn(`Bearer ${known}`) !== undefined) return known;
  await rm(path, { force: true });
  await withTemporary(folder, async (temporary) => {
    const file = await open(temporary, "wx", 0o600);
    await file.writeFile(`${randomToken()}\n`).finally(() => file.close());
    await link(temporary, path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error; // another server created it meanwhile
    });
  });
  return ((await readTextIfThere(path)) ?? "").trim();
}
