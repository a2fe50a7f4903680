import { type FileHandle, open } from "node:fs/promises";
import { dirname, relative, resolve } from "node:path";
import { z } from "zod";
import { messageOf, UserError } from "../errors.js";
import { makeFolder } from "../platform/node/files.js";
import { acquireLock } from "../platform/node/lock.js";
import { sweep } from "../platform/node/temporary.js";
import type { JobRecord, JobStore } from "./job.js";
import { LineFile } from "./line-file.js";

const Line = z.object({
  name: z.string(),
  key: z.string(),
  outputs: z.array(z.object({ path: z.string(), sha256: z.string(), stamp: z.string().optional() })),
  result: z.unknown(),
  input: z.object({ sha256: z.string(), stamp: z.string() }).optional(),
});

/** Milliseconds after which records that were stored without waiting for the disk are on it. */
const SYNC_AFTER = 1000;

/**
 * Opens a store in a JSON Lines file: one record per line; the last one of a name is valid. Paths of outputs are kept
 * relative to the file's folder, so that the folder can be moved. A line that a killed run left incomplete is ignored. Memory
 * holds the place of each record, about 100 bytes a record, and not the records. One process at a time has the store open; a
 * lock beside it keeps others away.
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
    const store = await LocalStore.open(path, folder);
    return {
      get: (name) => store.get(name),
      put: (record, durable) => store.put(record, durable),
      close: () => store.close().finally(() => lock.release()),
    };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

class LocalStore implements JobStore {
  private syncing: NodeJS.Timeout | undefined;
  private failure: unknown;

  private constructor(
    private readonly folder: string,
    private readonly file: FileHandle,
    private readonly lines: LineFile,
    /** The last line of each name. */
    private readonly places: Map<string, number>,
  ) {}

  static async open(path: string, folder: string): Promise<LocalStore> {
    const file = await open(path, "a+").catch((error) => {
      throw new UserError(`cannot write ${path}: ${messageOf(error)}`);
    });
    try {
      const [lines, places] = [new LineFile(file), new Map<string, number>()];
      await lines.scan((line, place) => {
        const record = parsed(line);
        if (record) places.set(record.name, place);
      });
      return new LocalStore(folder, file, lines, places);
    } catch (error) {
      await file.close();
      throw new UserError(`cannot read ${path}: ${messageOf(error)}`);
    }
  }

  async get(name: string): Promise<JobRecord | undefined> {
    const place = this.places.get(name);
    const record = place === undefined ? undefined : parsed(await this.lines.at(place));
    return (
      record && { ...record, outputs: record.outputs.map((each) => ({ ...each, path: this.fromStore(each.path) })) }
    );
  }

  async put(record: JobRecord, durable = true): Promise<void> {
    if (this.failure !== undefined) throw this.failure;
    const outputs = record.outputs.map((each) => ({ ...each, path: this.toStore(each.path) }));
    this.places.set(record.name, await this.lines.append(JSON.stringify({ ...record, outputs })));
    if (durable) await this.sync();
    else this.syncing ??= setTimeout(() => this.sync().catch((error) => (this.failure = error)), SYNC_AFTER).unref();
  }

  async close(): Promise<void> {
    try {
      if (this.syncing) await this.sync();
    } finally {
      await this.file.close();
    }
  }

  private async sync(): Promise<void> {
    clearTimeout(this.syncing);
    this.syncing = undefined;
    await this.file.datasync();
  }

  private toStore(output: string): string {
    return relative(this.folder, resolve(output));
  }

  private fromStore(output: string): string {
    return resolve(this.folder, output);
  }
}

function parsed(line: string): JobRecord | undefined {
  try {
    return Line.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}
