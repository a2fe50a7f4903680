import { opendir, stat } from "node:fs/promises";
import { join, normalize } from "node:path";
import { messageOf, PassingError, UserError } from "../errors.js";
import { LARGEST_FILE } from "../platform/node/codec.js";
import { readRegular, writeBytes } from "../platform/node/files.js";
import { isHidden } from "../platform/node/image-files.js";
import type { Storage, StoredFile } from "./storage.js";

/** Errors of the system that may pass: a full or overloaded disk, a network drive that is away. */
const PASSING = new Set([
  ...["ENOSPC", "EDQUOT", "EIO", "ESTALE", "ETIMEDOUT", "EMFILE", "ENFILE", "EBUSY", "EAGAIN"],
  ...["EHOSTDOWN", "EHOSTUNREACH", "ECONNRESET", "ENOTCONN", "EROFS"],
]);

/** Files in a folder and its subfolders. */
export class FolderStorage implements Storage {
  constructor(readonly location: string) {}

  list(): AsyncIterable<StoredFile> {
    return walk(this.location);
  }

  read(name: string): Promise<Buffer> {
    return readFileAt(this.pathOf(name));
  }

  async size(name: string): Promise<number | undefined> {
    const path = this.pathOf(name);
    try {
      return (await stat(path)).size;
    } catch (error) {
      if (["ENOENT", "ENOTDIR"].includes(codeOf(error))) return undefined;
      throw failureOf(error, `cannot read ${path}`);
    }
  }

  async write(name: string, content: Uint8Array): Promise<void> {
    const path = this.pathOf(name);
    await writeBytes(path, [content]).catch((error) => {
      throw failureOf((error as Error).cause ?? error, `cannot write ${path}`);
    });
  }

  async close(): Promise<void> {}

  /** @throws UserError when the name leads out of the folder. */
  private pathOf(name: string): string {
    const normal = normalize(name);
    if (name === "" || name.includes("\0") || normal.startsWith("..") || normal.startsWith("/"))
      throw new UserError(`${JSON.stringify(name)} is not a name inside ${this.location}`);
    return join(this.location, normal);
  }
}

/** The content of a file. @throws UserError when there is no such file, PassingError when another try may succeed. */
export async function readFileAt(path: string): Promise<Buffer> {
  try {
    return await readRegular(path, LARGEST_FILE);
  } catch (error) {
    throw failureOf(error, `cannot read ${path}`);
  }
}

/** The files of a folder and its subfolders, in the order of the file system. Links to folders are not followed. */
export async function* walk(folder: string, prefix = ""): AsyncIterable<StoredFile> {
  const path = join(folder, prefix);
  const entries = await opendir(path).catch((error) => {
    throw failureOf(error, `cannot read ${path}`);
  });
  for await (const entry of entries) {
    if (isHidden(entry.name)) continue;
    const name = prefix === "" ? entry.name : `${prefix}/${entry.name}`;
    if (entry.isDirectory()) yield* walk(folder, name);
    else {
      const status = await stat(join(folder, name)).catch(() => undefined); // a link to nowhere, or just removed
      if (status?.isFile()) yield { name, size: status.size };
    }
  }
}

const codeOf = (error: unknown): string => String((error as NodeJS.ErrnoException).code);

function failureOf(error: unknown, what: string): UserError {
  if (error instanceof UserError) return error;
  const Kind = PASSING.has(codeOf(error)) ? PassingError : UserError;
  return new Kind(`${what}: ${messageOf(error)}`);
}
