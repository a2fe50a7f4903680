import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { startPostgres, withoutPostgres } from "../../testing/postgres.js";
import { temporaryFolder } from "../../testing/workspace.js";
import type { StoredAnswer, StudyStore } from "./store.js";
import { PostgresStore } from "./store-postgres.js";
import { SqliteStore } from "./store-sqlite.js";

const HASH = "a".repeat(64);
const NOW = "2026-01-02T03:04:05.678Z";

const newcomer = (name: string, code?: string) => ({
  ...{ tokenHash: `hash of ${name}`, id: name, joinedAt: NOW },
  ...(code !== undefined && { code }),
});

const answer = (participant: number, trial: number, more: Partial<StoredAnswer> = {}): StoredAnswer => ({
  ...{ participant, trial, choice: "left", name: null, milliseconds: 1234.5, exposure: null, input: "touch" },
  ...{ width: 390, height: 844, answeredAt: NOW },
  ...more,
});

type Open = (hash?: string) => Promise<StudyStore>;

/** Tests that every store passes. */
const behaviors: readonly (readonly [name: string, behavior: (store: StudyStore, open: Open) => Promise<void>])[] = [
  [
    "gives numbers from 0 without gaps, up to the cap, to 30 who join at once",
    async (store) => {
      const joined = await Promise.all(Array.from({ length: 30 }, (_, i) => store.join(newcomer(`p${i}`), 20)));
      const numbers = joined.flatMap((result) => ("number" in result ? result.number : []));
      assert.deepEqual(
        numbers.sort((a, b) => a - b),
        Array.from({ length: 20 }, (_, i) => i),
      );
      assert.equal(joined.filter((result) => "refused" in result && result.refused === "full").length, 10);
    },
  ],
  [
    "takes each code once when 10 use it at once",
    async (store) => {
      const joined = await Promise.all(Array.from({ length: 10 }, (_, i) => store.join(newcomer(`p${i}`, "code"), 20)));
      assert.equal(joined.filter((result) => "number" in result).length, 1);
      assert.equal(joined.filter((result) => "refused" in result && result.refused === "used").length, 9);
    },
  ],
  [
    "gives the same token the same number again, without using up a code or a place",
    async (store) => {
      const first = await store.join(newcomer("p", "code"), 1);
      assert.deepEqual(first, { number: 0 });
      assert.deepEqual(await store.join({ ...newcomer("other id", "code"), tokenHash: "hash of p" }, 1), first);
      assert.equal((await store.counts()).joined, 1);
    },
  ],
  [
    "keeps the first answer of a trial, also of 20 that arrive at once",
    async (store) => {
      await store.join(newcomer("p"), 1);
      const stored = await Promise.all(
        Array.from({ length: 20 }, (_, i) => store.answer(answer(0, 3, { milliseconds: i }))),
      );
      assert.equal(stored.filter(({ first }) => first).length, 1);
      assert.ok(stored.every(({ answered }) => answered === 1));
      const later = await store.answer(answer(0, 3, { choice: "right", milliseconds: 99 }));
      assert.deepEqual(later, { first: false, answered: 1 });
      const [kept, ...others] = await store.answers();
      assert.deepEqual(others, []);
      assert.equal(kept?.choice, "left");
    },
  ],
  [
    "returns answers as they were given, in any script",
    async (store) => {
      await store.join(newcomer("p"), 5);
      await store.join(newcomer("q"), 5);
      const given = [
        answer(0, 0, { choice: null, name: "'; DROP TABLE answers; -- Käfer 🐞 הכלב", exposure: 499.98 }),
        answer(0, 2, { choice: "neither", milliseconds: 0 }),
        answer(1, 1, { choice: "tie", input: "keyboard" }),
      ];
      for (const each of given.toReversed()) await store.answer(each);
      assert.deepEqual(await store.answers(), given);
      assert.deepEqual(await store.answeredBy(0), [0, 2]);
      assert.deepEqual(await store.counts(), { joined: 2, completed: 0, answers: 3, lastAnswer: NOW });
    },
  ],
  [
    "keeps the first code of completion",
    async (store) => {
      await store.join(newcomer("p"), 1);
      assert.equal(await store.finish(0, "FIRST", NOW), "FIRST");
      assert.equal(await store.finish(0, "SECOND", "2027-01-01T00:00:00.000Z"), "FIRST");
      assert.deepEqual(await store.participantOf("hash of p"), {
        ...{ number: 0, id: "p", joinedAt: NOW, finishedAt: NOW, completion: "FIRST" },
      });
      assert.equal((await store.counts()).completed, 1);
      assert.equal(await store.participantOf("another"), undefined);
    },
  ],
  [
    "refuses an answer of a participant who never joined, and stores the others that arrive with it",
    async (store) => {
      await store.join(newcomer("p"), 1);
      const results = await Promise.allSettled([store.answer(answer(0, 0)), store.answer(answer(7, 0))]);
      assert.deepEqual(
        results.map(({ status }) => status),
        ["fulfilled", "rejected"],
      );
      assert.equal((await store.answers()).length, 1);
    },
  ],
  [
    "has everything after it is opened again, and refuses another study.json",
    async (store, open) => {
      await store.join(newcomer("p"), 1);
      await store.answer(answer(0, 0));
      await store.close();
      const again = await open();
      assert.equal((await again.counts()).answers, 1);
      assert.equal((await again.participantOf("hash of p"))?.number, 0);
      await again.close();
      await assert.rejects(open("b".repeat(64)), /its answers belong to another study.json, of SHA-256 a{64}/);
    },
  ],
];

async function check(t: TestContext, open: (t: TestContext, index: number) => Open): Promise<void> {
  for (const [index, [name, behavior]] of behaviors.entries())
    await t.test(name, async (t) => {
      const opener = open(t, index);
      const store = await opener();
      await behavior(store, opener).finally(() => store.close().catch(() => {})); // one behavior closes it itself
    });
}

test("a store in SQLite", async (t) => {
  await check(t, (t) => {
    const path = join(temporaryFolder(t), "answers.db");
    return async (hash = HASH) => SqliteStore.open(path, hash);
  });
});

test("a store in PostgreSQL", { skip: withoutPostgres }, async (t) => {
  const url = await startPostgres(t);
  await check(
    t,
    (_, index) =>
      (hash = HASH) =>
        PostgresStore.open(url, `study ${index}`, hash),
  );
});

test("a PostgreSQL database that cannot be reached is one sentence", async () => {
  await assert.rejects(
    PostgresStore.open("postgres://nobody@127.0.0.1:9/none", "study", HASH),
    /cannot use the PostgreSQL database: .*ECONNREFUSED/,
  );
});

test("the database has no column for an address, a browser or a code of a participant", async (t) => {
  const path = join(temporaryFolder(t), "answers.db");
  await SqliteStore.open(path, HASH).close();
  const { openSqlite } = await import("../platform/node/sqlite.js");
  const database = openSqlite(path, "");
  t.after(() => database.close());
  const columnsOf = (table: string) =>
    (database.prepare(`SELECT name FROM pragma_table_info('${table}') ORDER BY name`).all() as { name: string }[]).map(
      ({ name }) => name,
    );
  assert.deepEqual(columnsOf("participants"), ["completion", "finished_at", "id", "joined_at", "number", "token"]);
  assert.deepEqual(columnsOf("codes"), ["code"]);
  assert.deepEqual(columnsOf("answers"), [
    "answered_at",
    "choice",
    "exposure",
    "height",
    "input",
    "milliseconds",
    "name",
    "participant",
    "trial",
    "width",
  ]);
});
