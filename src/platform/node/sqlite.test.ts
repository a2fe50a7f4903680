import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import Database from "libsql";
import { temporaryFolder } from "../../../testing/workspace.js";
import { openSqlite } from "./sqlite.js";

const SCHEMA = "CREATE TABLE IF NOT EXISTS first (a TEXT); CREATE TABLE IF NOT EXISTS second (b TEXT);";

test("the database of another program is refused and stays byte for byte the same", (t) => {
  const path = join(temporaryFolder(t), "other.db");
  const other = new Database(path);
  other.exec("CREATE TABLE first (a TEXT); CREATE TABLE notes (text TEXT); INSERT INTO notes VALUES ('kept')");
  other.close();
  const before = readFileSync(path);
  assert.throws(() => openSqlite(path, SCHEMA), /cannot open the database .*other.db: it is the database of another/);
  assert.deepEqual(readFileSync(path), before);
});

test("a database of its own is opened again, also one whose creation was interrupted", (t) => {
  const path = join(temporaryFolder(t), "own.db");
  openSqlite(path, "CREATE TABLE IF NOT EXISTS first (a TEXT)").close();
  const database = openSqlite(path, SCHEMA);
  database.exec("INSERT INTO second VALUES ('b')");
  database.close();
  const again = openSqlite(path, SCHEMA);
  assert.deepEqual(again.prepare("SELECT b FROM second").all(), [{ b: "b" }]);
  again.close();
});
