import { stateOf, thisProcess } from "../platform/node/processes.js";
import { openSqlite, type Sqlite } from "../platform/node/sqlite.js";

/** What identifies an answer: the image's bytes, and the service with everything that decides its answer. */
export interface AnswerKey {
  /** Hash of both. */
  readonly key: string;
  /** Hash of service, URL and settings. */
  readonly setting: string;
  /** SHA-256 of the bytes that are sent, hexadecimal. */
  readonly image: string;
}

/** An answer as it was received. Keys that it repeats are replaced. */
export interface RawAnswer {
  readonly status: number;
  /** Those that matter: content type, time, waiting time, identifier of the request. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const SCHEMA = `
CREATE TABLE IF NOT EXISTS settings (
  setting TEXT PRIMARY KEY,
  description TEXT NOT NULL            -- JSON: service, URL, settings; no key
);
CREATE TABLE IF NOT EXISTS attempts (
  id INTEGER PRIMARY KEY,
  key TEXT NOT NULL,
  setting TEXT NOT NULL,
  image TEXT NOT NULL,                 -- SHA-256 of the bytes sent
  process TEXT NOT NULL,
  sent TEXT NOT NULL,                  -- ISO 8601, UTC
  received TEXT,
  status INTEGER,
  headers TEXT,
  body TEXT,
  outcome TEXT NOT NULL                -- sent, answered or failed
);
CREATE INDEX IF NOT EXISTS attempts_by_key ON attempts (key, outcome);
CREATE TABLE IF NOT EXISTS claims (
  key TEXT PRIMARY KEY,
  process TEXT NOT NULL,
  since INTEGER NOT NULL               -- milliseconds since 1970
);`;

/**
 * Milliseconds between writes to the disk itself. What is committed survives the end of the process; a loss of power can lose what
 * was committed since. A write for each commit would block the thread, on which answers arrive.
 */
const SYNC_EVERY = 5_000;

/** Milliseconds after which a claim of a process on another machine is void. */
const CLAIM_LIFE = 10 * 60_000;

/**
 * The answers of services in a SQLite file, under the content of what was sent. An answer is stored before it is used, so that
 * nothing is paid for twice. Several processes can share a file: each image is asked for by one of them.
 */
export class AnswerCache {
  private readonly db: Sqlite;
  private synced = Date.now();

  /** @throws UserError when the file cannot be opened or is no database. */
  constructor(readonly path: string) {
    this.db = openSqlite(path, SCHEMA);
    this.db.exec("PRAGMA synchronous = NORMAL");
  }

  /** Records what a setting's hash stands for. */
  describe(setting: string, description: object): void {
    this.db
      .prepare("INSERT OR IGNORE INTO settings (setting, description) VALUES (?, ?)")
      .run(setting, JSON.stringify(description));
  }

  /** The newest answer; undefined: there is none yet. */
  answer({ key }: AnswerKey): RawAnswer | undefined {
    const row = this.db
      .prepare(
        "SELECT status, headers, body FROM attempts WHERE key = ? AND outcome = 'answered' ORDER BY id DESC LIMIT 1",
      )
      .get(key) as { status: number; headers: string; body: string } | undefined;
    return row && { status: row.status, headers: JSON.parse(row.headers), body: row.body };
  }

  /** Number of different images with an answer. */
  count(setting: string): number {
    const row = this.db
      .prepare("SELECT COUNT(DISTINCT key) AS n FROM attempts WHERE setting = ? AND outcome = 'answered'")
      .get(setting) as { n: number };
    return row.n;
  }

  /** Requests of processes that ended before the answer was stored, of images that still have none; the service may bill them. */
  lost(setting: string): number {
    const rows = this.db
      .prepare(
        "SELECT process FROM attempts AS lost WHERE setting = ? AND outcome = 'sent' AND NOT EXISTS " +
          "(SELECT 1 FROM attempts WHERE key = lost.key AND outcome = 'answered')",
      )
      .all(setting) as { process: string }[];
    return rows.filter(({ process }) => stateOf(process) === "ended").length;
  }

  /** Records a request that is about to be sent. @returns its number. */
  sent({ key, setting, image }: AnswerKey): number {
    const { lastInsertRowid } = this.db
      .prepare("INSERT INTO attempts (key, setting, image, process, sent, outcome) VALUES (?, ?, ?, ?, ?, 'sent')")
      .run(key, setting, image, thisProcess, new Date().toISOString());
    return Number(lastInsertRowid);
  }

  /** Stores what came back. @param answer undefined: nothing, such as after a timeout. */
  received(id: number, outcome: "answered" | "failed", answer?: RawAnswer): void {
    this.db
      .prepare("UPDATE attempts SET outcome = ?, received = ?, status = ?, headers = ?, body = ? WHERE id = ?")
      .run(
        ...[outcome, new Date().toISOString()],
        ...[answer?.status ?? null, answer ? JSON.stringify(answer.headers) : null, answer?.body ?? null, id],
      );
    if (Date.now() - this.synced < SYNC_EVERY) return;
    this.db.exec("PRAGMA wal_checkpoint(PASSIVE)");
    this.synced = Date.now();
  }

  /** Reserves an image for this process. @returns false: another one is asking for it. */
  claim({ key }: AnswerKey): boolean {
    const now = Date.now();
    const insert = this.db.prepare("INSERT OR IGNORE INTO claims (key, process, since) VALUES (?, ?, ?)");
    if (insert.run(key, thisProcess, now).changes > 0) return true;
    const owner = this.db.prepare("SELECT process, since FROM claims WHERE key = ?").get(key) as
      | { process: string; since: number }
      | undefined;
    if (!owner) return false; // released meanwhile; the caller tries again
    const state = stateOf(owner.process);
    if (state === "running" || (state === "elsewhere" && now - owner.since < CLAIM_LIFE)) return false;
    const takeOver = this.db.prepare(
      "UPDATE claims SET process = ?, since = ? WHERE key = ? AND process = ? AND since = ?",
    );
    return takeOver.run(thisProcess, now, key, owner.process, owner.since).changes > 0;
  }

  release({ key }: AnswerKey): void {
    this.db.prepare("DELETE FROM claims WHERE key = ? AND process = ?").run(key, thisProcess);
  }

  close(): void {
    this.db.close();
  }
}
