import { join } from "node:path";
import type { StudyStore } from "./store.js";
import { type Study, studyFiles } from "./study-folder.js";

/**
 * Opens the storage of a study's answers.
 * @param database the URL of a PostgreSQL database. Default: the file `answers.db` in the study's folder.
 * @throws UserError when it cannot be opened or belongs to another definition.
 */
export async function openStore({ folder, definition, hash }: Study, database?: string): Promise<StudyStore> {
  // Engines of databases are loaded only when they are used.
  if (database === undefined) {
    const { SqliteStore } = await import("./store-sqlite.js");
    return SqliteStore.open(join(folder, studyFiles.answers), hash);
  }
  const { PostgresStore } = await import("./store-postgres.js");
  return PostgresStore.open(database, definition.id, hash);
}
