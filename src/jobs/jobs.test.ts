import assert from "node:assert/strict";
import { appendFile, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { UserError } from "../errors.js";
import { type Job, type JobStore, keyOf } from "./job.js";
import { openLocalStore } from "./local-store.js";
import { type RunOptions, runJobs } from "./run-jobs.js";

const newFolder = () => mkdtemp(join(tmpdir(), "legible-jobs-"));

/** A job that writes its key into a file and notes that it ran. */
const job = (folder: string, name: string, key: string, ran: string[]): Job<string> => {
  const output = join(folder, `${name}.txt`);
  return {
    name,
    key,
    outputs: [output],
    async run() {
      ran.push(name);
      await writeFile(output, key);
      return `result of ${key}`;
    },
  };
};

async function run(folder: string, jobs: readonly Job<string>[], options: Partial<RunOptions<string>> = {}) {
  const store = await openLocalStore(join(folder, "jobs.jsonl"));
  return runJobs(jobs, { store, ...options }).finally(() => store.close());
}

test("complete jobs are skipped, and their results are those of the first run", async () => {
  const [folder, ran] = [await newFolder(), [] as string[]];
  const jobs = ["a", "b"].map((name) => job(folder, name, name, ran));
  const first = await run(folder, jobs);
  assert.deepEqual(await run(folder, jobs), first);
  assert.deepEqual(ran, ["a", "b"]);
});

test("a job runs again under another key, without its output, and with a changed output", async () => {
  const [folder, ran] = [await newFolder(), [] as string[]];
  await run(folder, [job(folder, "a", "1", ran)]);
  assert.deepEqual(await run(folder, [job(folder, "a", "2", ran)]), ["result of 2"]);
  await rm(join(folder, "a.txt"));
  await run(folder, [job(folder, "a", "2", ran)]);
  await writeFile(join(folder, "a.txt"), "something else");
  await run(folder, [job(folder, "a", "2", ran)]);
  assert.equal(ran.length, 4);
});

test("records survive a truncated line and a move of the folder", async () => {
  const [folder, ran] = [await newFolder(), [] as string[]];
  await run(folder, [job(folder, "a", "1", ran)]);
  await appendFile(join(folder, "jobs.jsonl"), '{"name":"b","key":"1","outp');
  await run(folder, [job(folder, "b", "1", ran)]);
  const moved = `${folder}-moved`;
  await rename(folder, moved);
  await run(moved, [job(moved, "a", "1", ran), job(moved, "b", "1", ran)]);
  assert.deepEqual(ran, ["a", "b"]);
});

test("records are found by name whatever their length and order, before and after the store is opened again", async () => {
  const path = join(await newFolder(), "jobs.jsonl");
  const lengths = Array.from({ length: 300 }, (_, i) => (i % 50 === 7 ? 300_000 : 10 * i));
  const recordOf = (length: number, i: number) => ({
    ...{ name: `job ${i} \n😀`, key: `${i}`, outputs: [], result: "é".repeat(length) },
  });
  const expected = lengths.map(recordOf);
  const check = async (store: JobStore, indices: readonly number[]) => {
    for (const i of indices) assert.deepEqual(await store.get(expected[i]?.name ?? ""), expected[i]);
    assert.equal(await store.get("another job"), undefined);
  };
  const store = await openLocalStore(path);
  await store.put({ ...recordOf(5, 3), key: "replaced" });
  for (const record of expected) await store.put(record, false);
  await check(store, [3, 7, 8, 299, 0, 157]);
  await store.close();
  const again = await openLocalStore(path);
  await check(again, [...lengths.keys()]);
  await check(again, [299, 57, 58, 0]);
  await again.close();
});

test("a store that is open is refused until it is closed, so that no record is written twice", async () => {
  const path = join(await newFolder(), "jobs.jsonl");
  const store = await openLocalStore(path);
  await assert.rejects(openLocalStore(path), /cannot use .*jobs\.jsonl: this process is already working in it/);
  await store.close();
  await (await openLocalStore(path)).close();
});

test("a failure stops the run, or is reported while the other jobs continue", async () => {
  const [folder, ran] = [await newFolder(), [] as string[]];
  const broken: Job<string> = {
    ...job(folder, "broken", "1", ran),
    run: () => Promise.reject(new UserError("it is broken")),
  };
  const jobs = [broken, job(folder, "a", "1", ran)];
  await assert.rejects(run(folder, jobs), /it is broken/);
  assert.deepEqual(ran, []);
  const events: string[] = [];
  await run(folder, jobs, {
    continueAfterFailure: true,
    onEnd: ({ kind, job: { name } }) => events.push(`${name} ${kind}`),
  });
  assert.deepEqual(events, ["broken failed", "a done"]);
});

test("after an abort the same jobs do only what is left", async () => {
  const [folder, ran] = [await newFolder(), [] as string[]];
  const stop = new AbortController();
  const jobs = ["a", "b", "c"].map((name) => job(folder, name, name, ran));
  const onEnd = () => stop.abort();
  await assert.rejects(run(folder, jobs, { signal: stop.signal, onEnd }), { name: "AbortError" });
  await run(folder, jobs);
  assert.deepEqual(ran, ["a", "b", "c"]);
});

test("without a store every job runs in every call", async () => {
  const [folder, ran] = [await newFolder(), [] as string[]];
  const jobs = ["a", "b"].map((name) => job(folder, name, name, ran));
  assert.deepEqual(await runJobs(jobs), ["result of a", "result of b"]);
  await runJobs(jobs);
  assert.deepEqual(ran, ["a", "b", "a", "b"]);
});

test("a key depends on values, not on the order of keys or on what is undefined", () => {
  assert.equal(keyOf({ a: 1, b: { c: [1, 2], d: undefined } }), keyOf({ b: { c: [1, 2] }, a: 1 }));
  assert.notEqual(keyOf({ a: [1, 2] }), keyOf({ a: [2, 1] }));
});
