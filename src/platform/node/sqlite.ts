import Database from "libsql";
import { messageOf, UserError } from "../../errors.js";

/** An open SQLite database. Its methods are those of better-sqlite3: synchronous, statements are prepared once. */
export type Sqlite = Database.Database;

/** Milliseconds that a writer waits for another process. */
const BUSY = 10_000;

/**
 * Opens or creates a SQLite database for several processes. Readers do not block the writer (WAL), and a committed transaction
 * survives the loss of power (synchronous FULL).
 * @param path the file; beside it SQLite keeps `path-wal` and `path-shm`.
 * @param schema statements that create what is missing, such as `CREATE TABLE IF NOT EXISTS`.
 * @throws UserError when the file cannot be opened, is no database, or has tables of another program; it is left as it is then.
 */
export function openSqlite(path: string, schema: string): Sqlite {
  let database: Sqlite | undefined;
  try {
    database = new Database(path, { timeout: BUSY });
    requireOwn(database, schema);
    database.exec("PRAGMA journal_mode = WAL");
    database.exec("PRAGMA synchronous = FULL");
    database.exec("PRAGMA foreign_keys = ON");
    database.exec(schema);
    return database;
  } catch (error) {
    database?.close();
    throw new UserError(`cannot open the database ${path}: ${reasonOf(error)}`);
  }
}

/** @throws Error when the database has a table that is not of the schema. */
function requireOwn(database: Sqlite, schema: string): void {
  const own = [...schema.matchAll(/CREATE TABLE IF NOT EXISTS (\w+)/g)].map(([, name]) => name);
  if (own.length === 0) return;
  const tables = database
    .prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    .all() as { name: string }[];
  if (tables.some(({ name }) => !own.includes(name))) throw new Error("it is the database of another program");
}

/** SQLite's code 14 (CANTOPEN), which the library gives as a debug text. */
const CANNOT_OPEN = /^ConnectionFailed\(.*: 14"\)$/;

const reasonOf = (error: unknown): string => {
  const message = messageOf(error);
  if (message.includes("readonly database")) return "it is read-only; reading needs files beside it";
  return CANNOT_OPEN.test(message) ? "it is a folder, or the file or its folder may not be read or written" : message;
};
