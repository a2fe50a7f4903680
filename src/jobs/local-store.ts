import { open } from "node:fs/promises";
import { dirname, relative, resolve } from "node:path";
import { z } from "zod";
import { messageOf, UserError } from "../errors.js";
import { makeFolder, readTextIfThere } from "../platform/node/files.js";
import { acquireLock } from "../platform/node/lock.js";
import { sweep } from "../platform/node/temporary.js";
import type { JobRecord, JobStore } from "./job.js";

/** The most bytes of a store: V8 holds no longer text. */
const LARGEST_TEXT = 2 ** 29 - 24;

const Line = z.object({
  name: z.string(),
  key: z.string(),
  outputs: z.array(z.object({ path: z.string(), sha256: z.string() })),
  result: z.unknown(),
});

/**
 * Opens a store in a JSON Lines file: one record per line; the last one of a name is valid. Paths of outputs are kept
 * relative to the file's folder, so that the folder can be moved. A line that a killed run left incomplete is ignored. One
 * process at a time has the store open; a lock beside it keeps others away.
 * @throws UserError when the file cannot be read or written, or another process has it open.
 */
export async function openLocalStore(path: string): Promise<JobStore> {
  const folder = dirname(resolve(path));
  await makeFolder(folder).catch((error) => {
    throw new UserError(`cannot create the folder ${folder}: ${messageOf(error)}`);
  });
  await sweep(folder);
  const lock = await acquireLock(`${path}.lock`, path);
  try {
    const store = await openFile(path, folder);
    return { ...store, close: () => store.close().finally(() => lock.release()) };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

async function openFile(path: string, folder: string): Promise<JobStore> {
  const text = (await readTextIfThere(path, LARGEST_TEXT)) ?? "";
  const records = new Map<string, JobRecord>();
  for (const record of text.split("\n").flatMap(parsed)) records.set(record.name, record);
  const toStore = (output: string) => relative(folder, resolve(output));
  const fromStore = (output: string) => resolve(folder, output);
  const file = await open(path, "a").catch((error) => {
    throw new UserError(`cannot write ${path}: ${messageOf(error)}`);
  });
  if (text !== "" && !text.endsWith("\n")) await file.appendFile("\n");
  return {
    async get(name) {
      const record = records.get(name);
      return record && { ...record, outputs: record.outputs.map((each) => ({ ...each, path: fromStore(each.path) })) };
    },
    async put(record) {
      const stored = { ...record, outputs: record.outputs.map((each) => ({ ...each, path: toStore(each.path) })) };
      await file.appendFile(`${JSON.stringify(stored)}\n`);
      await file.sync();
      records.set(record.name, stored);
    },
    close: () => file.close(),
  };
}

function parsed(line: string): JobRecord[] {
  try {
    const { data } = Line.safeParse(JSON.parse(line));
    return data ? [data] : [];
  } catch {
    return [];
  }
}
