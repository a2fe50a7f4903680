import { link, lstat, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname } from "node:path";
import { messageOf, UserError } from "../../errors.js";
import { readText } from "./files.js";
import { stateOf, thisProcess } from "./processes.js";
import { forget, removeAtExit, temporaryPath } from "./temporary.js";

/** Keeps other processes away until it is released. */
export interface Lock {
  release(): Promise<void>;
}

/** Milliseconds between signs of life, which processes on other hosts see as the time stamp of the file. */
const SIGN_EVERY = 30_000;

/** Milliseconds without a sign of life after which a process on another host counts as ended. */
const SILENCE = 10 * 60_000;

/**
 * Creates a lock file, so that one process at a time uses what it guards. The file of a process that has ended is replaced.
 * @param guarded for the message: "the run in runs/ra".
 * @throws UserError that names the process that holds the lock.
 */
export async function acquireLock(path: string, guarded: string): Promise<Lock> {
  const text = `${JSON.stringify({ process: thisProcess, pid: process.pid, host: hostname(), since: new Date() })}\n`;
  while (!(await created(path, text))) {
    const owner = await ownerText(path).catch((error) => {
      throw new UserError(`cannot use ${guarded}: ${path} is no lock file: ${messageOf(error)}`);
    });
    if (owner === undefined) continue; // released meanwhile
    const refusal = await refusalOf(path, owner);
    if (refusal !== undefined) throw new UserError(`cannot use ${guarded}: ${refusal}`);
    await remove(path, owner);
  }
  removeAtExit(path);
  const signs = setInterval(() => utimes(path, new Date(), new Date()).catch(() => {}), SIGN_EVERY).unref();
  return {
    async release() {
      clearInterval(signs);
      forget(path);
      if ((await ownerText(path).catch(() => "")) === text) await rm(path, { force: true });
    },
  };
}

/** The most bytes of a lock file. */
const LARGEST = 4096;

/**
 * The content of a lock file; undefined if there is none.
 * @throws Error when it is a link without a target or no regular file.
 */
async function ownerText(path: string): Promise<string | undefined> {
  try {
    return await readText(path, LARGEST);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    const status = await lstat(path).catch(() => undefined);
    if (status?.isSymbolicLink()) throw new Error("it is a link to a file that is missing");
    return undefined;
  }
}

/** @returns whether the file is new. */
async function created(path: string, text: string): Promise<boolean> {
  try {
    await writeFile(path, text, { flag: "wx" });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw new UserError(`cannot write ${path}: ${messageOf(error)}`);
  }
}

/** Why a lock is still valid; undefined if its process has ended. */
async function refusalOf(path: string, text: string): Promise<string | undefined> {
  const { process: identity, pid, host } = parsed(text);
  const state = identity === undefined ? "elsewhere" : stateOf(identity);
  if (state === "ended") return undefined;
  if (state === "running")
    return `${identity === thisProcess ? "this process" : `process ${pid}`} is already working in it`;
  const silent = Date.now() - (await stat(path).catch(() => ({ mtimeMs: Date.now() }))).mtimeMs;
  if (silent > SILENCE) return undefined;
  return (
    `process ${pid ?? "?"} on ${host ?? "another host"} was working in it ${Math.max(0, Math.round(silent / 1000))} s ago; ` +
    `if it has ended, remove ${path}`
  );
}

interface Owner {
  readonly process?: string;
  readonly pid?: number;
  readonly host?: string;
}

/** Nothing is known of a file that is not complete yet. */
function parsed(text: string): Owner {
  try {
    return JSON.parse(text) as Owner;
  } catch {
    return {};
  }
}

/** Removes the lock with this content. If another process has replaced it meanwhile, that lock stays. */
async function remove(path: string, text: string): Promise<void> {
  const aside = temporaryPath(dirname(path));
  await rename(path, aside).catch(() => {});
  if ((await ownerText(aside).catch(() => text)) !== text) await link(aside, path).catch(() => {});
  await rm(aside, { force: true });
}
