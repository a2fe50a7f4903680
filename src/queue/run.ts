import { createHash } from "node:crypto";
import type { Redis } from "ioredis";
import { z } from "zod";
import { UserError } from "../errors.js";
import { keyOf } from "../jobs/job.js";

/** The start of every key in the server. */
export const PREFIX = "legible";

/** A command that was submitted, with everything that its jobs share. */
export const Run = z.object({
  id: z.string(),
  /** `images`: a job for each image; `command`: a job for each part of a command, and one for the rest. */
  kind: z.enum(["images", "command"]),
  /** The command: "enhance", "transfer". */
  command: z.string(),
  /** The settings as they were given. */
  settings: z.record(z.string(), z.unknown()),
  /** Of a command: the folder that relative paths of the settings start from. Of images: empty; their locations are absolute. */
  folder: z.string(),
  /** The version of Legible that submitted it; only workers of this version take its jobs. */
  version: z.string(),
  submitted: z.iso.datetime(),
});
export type Run = z.output<typeof Run>;

/** The identity of a run: the same command with the same settings, submitted again, continues it. */
export const runId = (run: Omit<Run, "id" | "submitted">): string => keyOf(run).slice(0, 12);

/** A job that failed for good. */
export const DeadJob = z.object({ job: z.string(), what: z.string(), reason: z.string(), at: z.iso.datetime() });
export type DeadJob = z.output<typeof DeadJob>;

/** How far a run is. */
export interface RunCounts {
  /** Jobs that were submitted so far. */
  readonly total: number;
  readonly done: number;
  readonly dead: number;
}

export type RunState = "submitting" | "open" | "canceled" | "complete";

/** A short hash of a name, 11 characters. */
export const shortHash = (text: string): string => createHash("sha256").update(text).digest("base64url").slice(0, 11);

/** The data of runs in the server: their settings, their counts, what was submitted, records and dead jobs. */
export class Runs {
  constructor(private readonly redis: Redis) {}

  /** Stores a run; one that is there already stays as it is. Of one that was canceled, all jobs can be submitted again. */
  async create(run: Run): Promise<void> {
    if ((await this.redis.hget(key(run.id), "state")) === "canceled") await this.redis.del(key(run.id, "submitted"));
    await this.redis
      .multi()
      .hsetnx(key(run.id), "run", JSON.stringify(run))
      .hset(key(run.id), "state", "submitting")
      .zadd(`${PREFIX}:runs`, "NX", Date.parse(run.submitted), run.id)
      .exec();
  }

  async find(id: string): Promise<Run | undefined> {
    const text = await this.redis.hget(key(id), "run");
    return text === null ? undefined : Run.parse(JSON.parse(text));
  }

  /** @throws UserError when there is no such run. */
  async get(id: string): Promise<Run> {
    const run = await this.find(id);
    if (run) return run;
    throw new UserError(`the queue has no run ${id}; legible jobs list shows the runs`);
  }

  /** All runs, the latest first. */
  async list(): Promise<Run[]> {
    const ids = await this.redis.zrevrange(`${PREFIX}:runs`, 0, -1);
    const runs = await Promise.all(ids.map((id) => this.find(id)));
    return runs.filter((run) => run !== undefined);
  }

  /** The state as it was set. A removed run counts as canceled. */
  async setting(id: string): Promise<Exclude<RunState, "complete">> {
    const state = (await this.redis.hget(key(id), "state")) as Exclude<RunState, "complete"> | null;
    return state ?? "canceled";
  }

  /** How far a run is, and its state. */
  async progress(id: string): Promise<RunCounts & { readonly state: RunState }> {
    const [state, counts] = await Promise.all([this.setting(id), this.counts(id)]);
    return { ...counts, state: state === "open" && counts.done >= counts.total ? "complete" : state };
  }

  async setState(id: string, state: Exclude<RunState, "complete">): Promise<void> {
    await this.redis.hset(key(id), "state", state);
  }

  private async counts(id: string): Promise<RunCounts> {
    const [total, done, dead] = await Promise.all([
      this.redis.hlen(key(id, "submitted")),
      this.redis.hlen(key(id, "records")),
      this.redis.hlen(key(id, "dead")),
    ]);
    return { total, done, dead };
  }

  /** What was submitted under these names: the short hash of what each was submitted for; null: nothing yet. */
  submitted(id: string, names: readonly string[]): Promise<(string | null)[]> {
    return this.redis.hmget(key(id, "submitted"), ...names.map(shortHash));
  }

  /** Notes that jobs are in the queue. @param jobs their names, and what each is for. */
  async noteSubmitted(id: string, jobs: ReadonlyMap<string, string>): Promise<void> {
    const fields = [...jobs].flatMap(([name, what]) => [shortHash(name), shortHash(what)]);
    if (fields.length > 0) await this.redis.hset(key(id, "submitted"), ...fields);
  }

  async noteDead(id: string, dead: DeadJob): Promise<void> {
    await this.redis.hset(key(id, "dead"), dead.job, JSON.stringify(dead));
  }

  /** @param job Default: all of the run. */
  async forgetDead(id: string, job?: string): Promise<void> {
    if (job === undefined) await this.redis.unlink(key(id, "dead"));
    else await this.redis.hdel(key(id, "dead"), job);
  }

  /** The jobs that failed for good. */
  async *dead(id: string): AsyncIterable<DeadJob> {
    for await (const text of values(this.redis, key(id, "dead"))) yield DeadJob.parse(JSON.parse(text));
  }

  /** The records of complete jobs as JSON. */
  records(id: string): AsyncIterable<string> {
    return values(this.redis, key(id, "records"));
  }

  /** Removes everything about a run from the server. Outputs stay. */
  async remove(id: string): Promise<void> {
    await this.redis.zrem(`${PREFIX}:runs`, id);
    await this.redis.unlink(key(id), ...["submitted", "records", "dead", "store"].map((part) => key(id, part)));
  }
}

/** The key of a run, or of a part of its data. */
export const key = (id: string, part?: string): string => `${PREFIX}:run:${id}${part === undefined ? "" : `:${part}`}`;

/** The values of a hash, in portions. */
async function* values(redis: Redis, hash: string): AsyncIterable<string> {
  let cursor = "0";
  do {
    const [next, fields] = await redis.hscan(hash, cursor, "COUNT", 500);
    for (let i = 1; i < fields.length; i += 2) yield fields[i] as string;
    cursor = next;
  } while (cursor !== "0");
}
