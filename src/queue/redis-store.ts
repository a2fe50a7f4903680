import type { Redis } from "ioredis";
import type { JobRecord, JobStore } from "../jobs/job.js";

/**
 * Records in a hash of Redis, which all workers share. It is the counterpart of `openLocalStore`. Paths of outputs are
 * absolute: workers see the same files only on a shared file system.
 */
export class RedisStore implements JobStore {
  constructor(
    private readonly redis: Redis,
    private readonly hash: string,
  ) {}

  async get(name: string): Promise<JobRecord | undefined> {
    const text = await this.redis.hget(this.hash, name);
    return text === null ? undefined : JSON.parse(text);
  }

  /** The record survives what the server's own settings let it survive; `durable` has no further effect. */
  async put(record: JobRecord): Promise<void> {
    await this.redis.hset(this.hash, record.name, JSON.stringify(record));
  }

  /** The connection belongs to the caller. */
  async close(): Promise<void> {}
}
