import type { Redis } from "ioredis";
import { messageOf, PassingError, UserError } from "../errors.js";

/** The oldest Redis that is used: the first with the commands that the queue relies on. Valkey counts from 7.2. */
const OLDEST = 6.2;

/** Milliseconds that the first connection may take. */
const PATIENCE = 5_000;

/** The address of a server without its password, for messages. */
export const addressOf = (url: string): string => url.replace(/\/\/[^@]*@/, "//").replace(/\/$/, "");

/** A connection to Redis or Valkey, and what is remarkable about the server. */
export interface Connection {
  readonly redis: Redis;
  /** A setting of the server under which jobs can be lost; undefined: none was found. */
  readonly warning: string | undefined;
}

/**
 * Connects to a Redis or Valkey server and checks its version and settings. Later, a lost connection is opened again, and
 * commands wait for it.
 * @param url redis://[user:password@]host[:port][/database], or rediss:// for TLS.
 * @throws UserError when the address, the password or the version does not fit; PassingError when the server cannot be reached.
 */
export async function connect(url: string): Promise<Connection> {
  requireRedisUrl(url);
  const { Redis: Client } = await import("ioredis");
  const probe = new Client(url, {
    ...{ lazyConnect: true, connectTimeout: PATIENCE, maxRetriesPerRequest: 0, retryStrategy: () => null },
  });
  let lost: unknown;
  probe.on("error", (error) => (lost = error));
  let warning: string | undefined;
  try {
    await probe.connect();
    requireVersion(url, await probe.info("server"));
    warning = warningOf(await probe.info("memory"), await probe.info("persistence"));
  } catch (error) {
    throw asQueueError(url, lost ?? error);
  } finally {
    probe.disconnect();
  }
  const redis = new Client(url, { maxRetriesPerRequest: null });
  redis.on("error", () => {}); // it connects again by itself; what waits for it is reported where it waits
  return { redis, warning };
}

function requireRedisUrl(url: string): void {
  const isUrl = /^rediss?:\/\/[^/]/.test(url) && URL.canParse(url);
  if (!isUrl)
    throw new UserError(`${addressOf(url)} is not the address of a queue; expected redis://host:6379 or rediss://…`);
}

function requireVersion(url: string, info: string): void {
  const version = /^redis_version:(\S+)/m.exec(info)?.[1] ?? "0";
  if (Number.parseFloat(version) < OLDEST)
    throw new UserError(`the server at ${addressOf(url)} is Redis ${version}; the queue needs ${OLDEST} or newer`);
}

/** A setting under which the server may drop jobs, or forgets them when it stops. */
function warningOf(memory: string, persistence: string): string | undefined {
  const policy = /^maxmemory_policy:(\S+)/m.exec(memory)?.[1];
  if (policy !== undefined && policy !== "noeviction")
    return `its maxmemory-policy is ${policy}, so that it may drop jobs when memory is short: set noeviction`;
  const keepsLog = /^aof_enabled:1/m.test(persistence);
  return keepsLog ? undefined : "it keeps no append-only file, so that a restart can lose jobs: set appendonly yes";
}

/** A failure of the server as an error for users. */
export function asQueueError(url: string, thrown: unknown): UserError {
  if (thrown instanceof UserError) return thrown;
  const [cause = thrown] = (thrown as { previousErrors?: readonly unknown[] }).previousErrors ?? []; // of a transaction
  const [message, address] = [messageOf(cause), addressOf(url)];
  if (/WRONGPASS|NOAUTH|invalid password|without any password/i.test(message))
    return new UserError(
      `the queue at ${address} refuses the user or the password: give them as redis://user:password@host`,
    );
  if (/NOPERM/.test(message)) return new UserError(`the queue at ${address} lacks a permission: ${message}`);
  if (/^OOM|used memory > 'maxmemory'/i.test(message))
    return new PassingError(
      `the queue at ${address} has no memory left: raise its maxmemory, or wait until jobs are done`,
    );
  if (/MISCONF|ENOSPC|READONLY/.test(message))
    return new PassingError(`the queue at ${address} cannot write: ${message}`);
  return new PassingError(`cannot reach the queue at ${address}: ${reasonOf(cause)}; is the server running?`);
}

function reasonOf(thrown: unknown): string {
  const code = (thrown as NodeJS.ErrnoException | undefined)?.code;
  if (code === "ECONNREFUSED") return "nothing listens there";
  if (code === "ETIMEDOUT") return "it does not answer";
  return messageOf(thrown);
}
