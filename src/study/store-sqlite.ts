import { messageOf, UserError } from "../errors.js";
import { openSqlite, type Sqlite } from "../platform/node/sqlite.js";
import type { Joined, Newcomer, StoredAnswer, StoredParticipant, StudyCounts, StudyStore } from "./store.js";

const SCHEMA = `
CREATE TABLE IF NOT EXISTS study (hash TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS participants (
  number INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  token TEXT NOT NULL UNIQUE,
  joined_at TEXT NOT NULL,
  finished_at TEXT,
  completion TEXT
) STRICT;
CREATE TABLE IF NOT EXISTS codes (code TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS answers (
  participant INTEGER NOT NULL REFERENCES participants(number),
  trial INTEGER NOT NULL,
  choice TEXT,
  name TEXT,
  milliseconds REAL NOT NULL,
  exposure REAL,
  input TEXT NOT NULL,
  width INTEGER NOT NULL,
  height INTEGER NOT NULL,
  answered_at TEXT NOT NULL,
  PRIMARY KEY (participant, trial)
) STRICT, WITHOUT ROWID;`;

const PARTICIPANT =
  'SELECT number, id, joined_at AS "joinedAt", finished_at AS "finishedAt", completion FROM participants';

/** An answer that waits for the next transaction. */
interface Waiting {
  readonly answer: StoredAnswer;
  resolve(stored: { readonly first: boolean; readonly answered: number }): void;
  reject(error: unknown): void;
}

/**
 * Keeps the answers of a study in a file of SQLite. Answers that arrive while others are being written share one transaction (group
 * commit), because each commit waits for the disk.
 */
export class SqliteStore implements StudyStore {
  private waiting: Waiting[] = [];
  private readonly statements;

  private constructor(private readonly database: Sqlite) {
    this.statements = {
      taken: database.prepare("SELECT 1 FROM codes WHERE code = ?"),
      take: database.prepare("INSERT INTO codes (code) VALUES (?)"),
      next: database.prepare("SELECT COALESCE(MAX(number) + 1, 0) AS number FROM participants"),
      enter: database.prepare("INSERT INTO participants (number, id, token, joined_at) VALUES (?, ?, ?, ?)"),
      byToken: database.prepare(`${PARTICIPANT} WHERE token = ?`),
      trials: database.prepare("SELECT trial FROM answers WHERE participant = ? ORDER BY trial"),
      answer: database.prepare("INSERT OR IGNORE INTO answers VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
      answered: database.prepare("SELECT COUNT(*) AS count FROM answers WHERE participant = ?"),
      finish: database.prepare(
        "UPDATE participants SET finished_at = ?, completion = ? WHERE number = ? AND completion IS NULL",
      ),
      completion: database.prepare("SELECT completion FROM participants WHERE number = ?"),
    };
  }

  /**
   * Opens or creates the file of a study.
   * @param hash the hash of study.json, which must be the same as when the file was created.
   * @throws UserError when the file cannot be opened or belongs to another definition.
   */
  static open(path: string, hash: string): SqliteStore {
    const database = openSqlite(path, SCHEMA);
    try {
      return SqliteStore.of(database, path, hash);
    } catch (error) {
      database.close();
      throw error instanceof UserError ? error : new UserError(`cannot use the database ${path}: ${messageOf(error)}`);
    }
  }

  private static of(database: Sqlite, path: string, hash: string): SqliteStore {
    database.prepare("INSERT INTO study (hash) SELECT ? WHERE NOT EXISTS (SELECT 1 FROM study)").run(hash);
    const stored = database.prepare("SELECT hash FROM study").get() as { hash: string };
    if (stored.hash === hash) return new SqliteStore(database);
    throw new UserError(`cannot use ${path}: its answers belong to another study.json, of SHA-256 ${stored.hash}`);
  }

  async join(newcomer: Newcomer, cap: number): Promise<Joined> {
    const { byToken, taken, take, next, enter } = this.statements;
    return this.transaction((): Joined => {
      const known = byToken.get(newcomer.tokenHash) as StoredParticipant | undefined;
      if (known) return { number: known.number };
      const { code } = newcomer;
      if (code !== undefined && taken.get(code)) return { refused: "used" };
      const { number } = next.get() as { number: number };
      if (number >= cap) return { refused: "full" };
      if (code !== undefined) take.run(code);
      enter.run(number, newcomer.id, newcomer.tokenHash, newcomer.joinedAt);
      return { number };
    });
  }

  async participantOf(tokenHash: string): Promise<StoredParticipant | undefined> {
    const [found] = this.statements.byToken.all(tokenHash) as StoredParticipant[]; // `get` adds fields of the library
    return found;
  }

  async answeredBy(participant: number): Promise<number[]> {
    return (this.statements.trials.all(participant) as { trial: number }[]).map(({ trial }) => trial);
  }

  answer(answer: StoredAnswer): Promise<{ readonly first: boolean; readonly answered: number }> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ answer, resolve, reject });
      if (this.waiting.length === 1) setImmediate(() => this.flush());
    });
  }

  /** Stores all waiting answers in one transaction and acknowledges them after it. */
  private flush(): void {
    const group = this.waiting;
    this.waiting = [];
    try {
      const acknowledge = this.transaction(() => group.map((waiting) => this.insert(waiting)));
      for (const each of acknowledge) each();
    } catch (error) {
      for (const { reject } of group) reject(error);
    }
  }

  /** Inserts an answer. An answer that the database refuses does not affect the others. @returns what to do after the commit. */
  private insert({ answer: given, resolve, reject }: Waiting): () => void {
    const { participant, trial, choice, name, milliseconds, exposure, input, width, height, answeredAt } = given;
    const { answer, answered } = this.statements;
    const values = [participant, trial, choice, name, milliseconds, exposure, input, width, height, answeredAt];
    try {
      const { changes } = answer.run(...values);
      const { count } = answered.get(participant) as { count: number };
      return () => resolve({ first: changes > 0, answered: count });
    } catch (error) {
      return () => reject(error);
    }
  }

  /** Runs `work` in a transaction that holds the only right to write from its begin on. */
  private transaction<T>(work: () => T): T {
    this.database.exec("BEGIN IMMEDIATE");
    try {
      const result = work();
      this.database.exec("COMMIT");
      return result;
    } catch (error) {
      if (this.database.inTransaction) this.database.exec("ROLLBACK");
      throw error;
    }
  }

  async finish(participant: number, completion: string, at: string): Promise<string> {
    this.statements.finish.run(at, completion, participant);
    return (this.statements.completion.get(participant) as { completion: string }).completion;
  }

  async counts(): Promise<StudyCounts> {
    const [counts] = this.database
      .prepare(
        `SELECT (SELECT COUNT(*) FROM participants) AS joined, (SELECT COUNT(completion) FROM participants) AS completed,
          COUNT(*) AS answers, MAX(answered_at) AS "lastAnswer" FROM answers`,
      )
      .all() as StudyCounts[];
    return counts as StudyCounts;
  }

  async participants(): Promise<StoredParticipant[]> {
    return this.database.prepare(`${PARTICIPANT} ORDER BY number`).all() as StoredParticipant[];
  }

  async answers(): Promise<StoredAnswer[]> {
    return this.database
      .prepare(
        `SELECT participant, trial, choice, name, milliseconds, exposure, input, width, height, answered_at AS "answeredAt"
          FROM answers ORDER BY participant, trial`,
      )
      .all() as StoredAnswer[];
  }

  async close(): Promise<void> {
    if (this.waiting.length > 0) this.flush();
    this.database.close();
  }
}
