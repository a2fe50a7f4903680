import type { Pool, PoolClient } from "pg";
import { messageOf, UserError } from "../errors.js";
import type { Joined, Newcomer, StoredAnswer, StoredParticipant, StudyCounts, StudyStore } from "./store.js";

/** Several studies can share a database. */
const SCHEMA = `
CREATE TABLE IF NOT EXISTS legible_studies (study text PRIMARY KEY, hash text NOT NULL, joined integer NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS legible_participants (
  study text NOT NULL REFERENCES legible_studies,
  number integer NOT NULL,
  id text NOT NULL,
  token text NOT NULL,
  joined_at text NOT NULL,
  finished_at text,
  completion text,
  PRIMARY KEY (study, number),
  UNIQUE (study, token)
);
CREATE TABLE IF NOT EXISTS legible_codes (study text NOT NULL REFERENCES legible_studies, code text, PRIMARY KEY (study, code));
CREATE TABLE IF NOT EXISTS legible_answers (
  study text NOT NULL,
  participant integer NOT NULL,
  trial integer NOT NULL,
  choice text,
  name text,
  milliseconds double precision NOT NULL,
  exposure double precision,
  input text NOT NULL,
  width integer NOT NULL,
  height integer NOT NULL,
  answered_at text NOT NULL,
  PRIMARY KEY (study, participant, trial),
  FOREIGN KEY (study, participant) REFERENCES legible_participants (study, number)
);`;

/** A number that only this program locks while it creates the tables, which PostgreSQL does not do twice at once. */
const LOCK = 7_316_204_551;

const PARTICIPANT =
  'SELECT number, id, joined_at AS "joinedAt", finished_at AS "finishedAt", completion FROM legible_participants';

/** Connections of one server. */
const CONNECTIONS = 10;

/** Keeps the answers of a study in PostgreSQL, which several servers can share. */
export class PostgresStore implements StudyStore {
  private constructor(
    private readonly pool: Pool,
    private readonly study: string,
  ) {}

  /**
   * Connects and creates the tables that are missing.
   * @param hash the hash of study.json, which must be the same as when the study first used the database.
   * @throws UserError when the package pg is missing, the database cannot be reached, or holds answers of another definition.
   */
  static async open(url: string, study: string, hash: string): Promise<PostgresStore> {
    const { Pool: Connections } = (
      await import("pg").catch(() => {
        throw new UserError("a PostgreSQL database needs the package pg; install it: npm install pg");
      })
    ).default;
    const pool = new Connections({ connectionString: url, max: CONNECTIONS, connectionTimeoutMillis: 10_000 });
    pool.on("error", () => {}); // an idle connection was lost; the next query opens another
    const store = new PostgresStore(pool, study);
    try {
      await store.prepare(hash);
      return store;
    } catch (error) {
      await pool.end();
      if (error instanceof UserError) throw error;
      throw new UserError(`cannot use the PostgreSQL database: ${reasonOf(error)}`);
    }
  }

  private async prepare(hash: string): Promise<void> {
    const stored = await this.transaction(async (client) => {
      await client.query("SELECT pg_advisory_xact_lock($1)", [LOCK]);
      await client.query(SCHEMA);
      await client.query("INSERT INTO legible_studies (study, hash) VALUES ($1, $2) ON CONFLICT DO NOTHING", [
        this.study,
        hash,
      ]);
      const { rows } = await client.query<{ hash: string }>("SELECT hash FROM legible_studies WHERE study = $1", [
        this.study,
      ]);
      return rows[0]?.hash;
    });
    if (stored !== hash)
      throw new UserError(
        `cannot use the PostgreSQL database: its answers belong to another study.json, of SHA-256 ${stored}`,
      );
  }

  private async transaction<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    const client = await this.pool.connect();
    try {
      await client.query("BEGIN");
      const result = await work(client);
      await client.query("COMMIT");
      client.release();
      return result;
    } catch (error) {
      await client.query("ROLLBACK").then(
        () => client.release(),
        () => client.release(true),
      );
      throw error;
    }
  }

  /** The row of the study is locked by the update, so that numbers follow each other and the cap holds. */
  async join({ tokenHash, id, code, joinedAt }: Newcomer, cap: number): Promise<Joined> {
    return this.transaction(async (client): Promise<Joined> => {
      const { rows } = await client.query<{ joined: number }>(
        "SELECT joined FROM legible_studies WHERE study = $1 FOR UPDATE",
        [this.study],
      );
      const known = await client.query<{ number: number }>(
        "SELECT number FROM legible_participants WHERE study = $1 AND token = $2",
        [this.study, tokenHash],
      );
      if (known.rows[0]) return known.rows[0];
      const number = rows[0]?.joined as number;
      if (code !== undefined) {
        const used = await client.query("SELECT 1 FROM legible_codes WHERE study = $1 AND code = $2", [
          this.study,
          code,
        ]);
        if (used.rows.length > 0) return { refused: "used" };
      }
      if (number >= cap) return { refused: "full" };
      if (code !== undefined)
        await client.query("INSERT INTO legible_codes (study, code) VALUES ($1, $2)", [this.study, code]);
      await client.query("UPDATE legible_studies SET joined = joined + 1 WHERE study = $1", [this.study]);
      await client.query(
        "INSERT INTO legible_participants (study, number, id, token, joined_at) VALUES ($1, $2, $3, $4, $5)",
        [this.study, number, id, tokenHash, joinedAt],
      );
      return { number };
    });
  }

  async participantOf(tokenHash: string): Promise<StoredParticipant | undefined> {
    const { rows } = await this.pool.query<StoredParticipant>(`${PARTICIPANT} WHERE study = $1 AND token = $2`, [
      this.study,
      tokenHash,
    ]);
    return rows[0];
  }

  async answeredBy(participant: number): Promise<number[]> {
    const { rows } = await this.pool.query<{ trial: number }>(
      "SELECT trial FROM legible_answers WHERE study = $1 AND participant = $2 ORDER BY trial",
      [this.study, participant],
    );
    return rows.map(({ trial }) => trial);
  }

  async answer(answer: StoredAnswer): Promise<{ readonly first: boolean; readonly answered: number }> {
    const { participant, trial, choice, name, milliseconds, exposure, input, width, height, answeredAt } = answer;
    const inserted = await this.pool.query(
      "INSERT INTO legible_answers VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING",
      [this.study, participant, trial, choice, name, milliseconds, exposure, input, width, height, answeredAt],
    );
    const { rows } = await this.pool.query<{ count: number }>(
      "SELECT COUNT(*)::int AS count FROM legible_answers WHERE study = $1 AND participant = $2",
      [this.study, participant],
    );
    return { first: inserted.rowCount === 1, answered: rows[0]?.count as number };
  }

  async finish(participant: number, completion: string, at: string): Promise<string> {
    const { rows } = await this.pool.query<{ completion: string }>(
      `UPDATE legible_participants SET completion = COALESCE(completion, $3), finished_at = COALESCE(finished_at, $4)
        WHERE study = $1 AND number = $2 RETURNING completion`,
      [this.study, participant, completion, at],
    );
    return rows[0]?.completion as string;
  }

  async counts(): Promise<StudyCounts> {
    const { rows } = await this.pool.query<StudyCounts>(
      `SELECT (SELECT COUNT(*)::int FROM legible_participants WHERE study = $1) AS joined,
        (SELECT COUNT(completion)::int FROM legible_participants WHERE study = $1) AS completed,
        COUNT(*)::int AS answers, MAX(answered_at) AS "lastAnswer" FROM legible_answers WHERE study = $1`,
      [this.study],
    );
    return rows[0] as StudyCounts;
  }

  async participants(): Promise<StoredParticipant[]> {
    const query = `${PARTICIPANT} WHERE study = $1 ORDER BY number`;
    return (await this.pool.query<StoredParticipant>(query, [this.study])).rows;
  }

  async answers(): Promise<StoredAnswer[]> {
    const { rows } = await this.pool.query<StoredAnswer>(
      `SELECT participant, trial, choice, name, milliseconds, exposure, input, width, height, answered_at AS "answeredAt"
        FROM legible_answers WHERE study = $1 ORDER BY participant, trial`,
      [this.study],
    );
    return rows;
  }

  close(): Promise<void> {
    return this.pool.end();
  }
}

/** The reason of a failed connection. Node joins the failures of a host's several addresses in one error without a message. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return messageOf(error.errors[0]);
  return messageOf(error);
}
