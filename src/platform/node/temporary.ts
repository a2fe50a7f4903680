import { randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import { readdir, rm, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { PROCESS, stateOf, thisProcess } from "./processes.js";

/** Of a process on another host, what was not changed for this many milliseconds is abandoned. */
const DAY = 24 * 60 * 60 * 1000;

const NAME = new RegExp(`^\\.legible-(${PROCESS})-[0-9a-f]{8}$`);

/** Files and folders that exist only while this process runs. */
const held = new Set<string>();

/** Removes a file or folder when this process exits, unless `forget` is called before. */
export function removeAtExit(path: string): void {
  if (held.size === 0) process.once("exit", removeHeld);
  held.add(path);
}

/** Undoes `removeAtExit`. */
export function forget(path: string): void {
  held.delete(path);
  if (held.size === 0) process.off("exit", removeHeld);
}

/** Removes the temporary files of this process, as at its exit. */
export function removeHeld(): void {
  for (const path of held)
    try {
      rmSync(path, { recursive: true, force: true });
    } catch {} // it stays, and a later process removes it
}

/** A new path in a folder for a temporary file of this process. Short, because a name has 255 bytes at most. */
export const temporaryPath = (folder: string): string =>
  join(folder, `.legible-${thisProcess}-${randomBytes(4).toString("hex")}`);

/**
 * Calls `use` with a path in a folder for a temporary file or folder, and removes what is there afterwards, also when this
 * process exits. First removes what killed processes left in the folder.
 */
export async function withTemporary<T>(folder: string, use: (path: string) => Promise<T>): Promise<T> {
  await sweep(folder);
  const path = temporaryPath(folder);
  removeAtExit(path);
  try {
    return await use(path);
  } finally {
    await rm(path, { recursive: true, force: true }).catch(() => {});
    forget(path);
  }
}

const swept = new Set<string>();

/** Removes the temporary files of ended processes from a folder, once in this process. */
export async function sweep(folder: string): Promise<void> {
  if (swept.has(resolve(folder))) return;
  swept.add(resolve(folder));
  for (const name of await readdir(folder).catch(() => [])) {
    const identity = NAME.exec(name)?.[1];
    const path = join(folder, name);
    if (identity !== undefined && (await isAbandoned(path, identity)))
      await rm(path, { recursive: true, force: true }).catch(() => {});
  }
}

async function isAbandoned(path: string, identity: string): Promise<boolean> {
  const state = stateOf(identity);
  if (state !== "elsewhere") return state === "ended";
  const changed = await stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => Number.POSITIVE_INFINITY,
  );
  return Date.now() - changed > DAY;
}
