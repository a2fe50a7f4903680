import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import type { Job, JobRecord, JobStore } from "./job.js";
import { type JobEvent, runJobs } from "./run-jobs.js";

/** A job without outputs. */
const job = (name: string, run: Job<string>["run"]): Job<string> => ({ name, key: name, outputs: [], run });

/** A job that runs until its signal aborts, and then takes some time to end. */
const endless = (name: string, ended: string[]) =>
  job(name, async ({ signal }) => {
    while (!signal.aborted) await setTimeout(1);
    await setTimeout(20);
    ended.push(name);
    return name;
  });

/** A store in memory. */
function memoryStore(): JobStore & { readonly names: () => string[] } {
  const records = new Map<string, JobRecord>();
  return {
    get: async (name) => records.get(name),
    put: async (record) => void records.set(record.name, record),
    close: async () => {},
    names: () => [...records.keys()],
  };
}

test("results of jobs that run at the same time are in the order of the jobs, records in the order of completion", async () => {
  const store = memoryStore();
  const jobs = [40, 20, 1].map((duration, i) =>
    job(`${i}`, async () => {
      await setTimeout(duration);
      return `result ${i}`;
    }),
  );
  assert.deepEqual(await runJobs(jobs, { store, concurrency: 3 }), ["result 0", "result 1", "result 2"]);
  assert.deepEqual(store.names(), ["2", "1", "0"]);
});

for (const concurrency of [1, 2, 3])
  test(`with concurrency ${concurrency}, up to ${concurrency} of 7 jobs run at the same time, and never more`, async () => {
    let [running, most] = [0, 0];
    const jobs = Array.from({ length: 7 }, (_, i) =>
      job(`${i}`, async () => {
        most = Math.max(most, ++running);
        await setTimeout(1 + (i % 3));
        running--;
        return "";
      }),
    );
    await runJobs(jobs, { concurrency });
    assert.equal(most, concurrency);
  });

test("after a failure the other running jobs are aborted and awaited before the error is thrown; no other job starts", async () => {
  const [store, ended] = [memoryStore(), [] as string[]];
  const failing = job("failing", () => Promise.reject(new Error("it is broken")));
  const jobs = [endless("a", ended), failing, endless("b", ended)];
  await assert.rejects(runJobs(jobs, { store, concurrency: 2 }), /it is broken/);
  assert.deepEqual(ended, ["a"]);
  assert.deepEqual(store.names(), []);
});

test("with continueAfterFailure, jobs that run beside a failed one complete", async () => {
  const failing = job("failing", () => Promise.reject(new Error("it is broken")));
  const slow = (name: string) => job(name, () => setTimeout(10, name));
  const events: string[] = [];
  const onEnd = ({ kind, job }: JobEvent<string>) => void events.push(`${job.name} ${kind}`);
  const jobs = [slow("a"), failing, slow("b")];
  assert.deepEqual(await runJobs(jobs, { concurrency: 2, continueAfterFailure: true, onEnd }), ["a", "b"]);
  assert.deepEqual(events, ["failing failed", "a done", "b done"]);
});

test("after an abort all running jobs have ended when the promise rejects, without a record", async () => {
  const [store, ended, stop] = [memoryStore(), [] as string[], new AbortController()];
  const jobs = ["a", "b", "c"].map((name) => endless(name, ended));
  const running = runJobs(jobs, { store, signal: stop.signal, concurrency: 2 });
  setTimeout(10).then(() => stop.abort(new Error("interrupted")));
  await assert.rejects(running, /interrupted/);
  assert.deepEqual(ended.sort(), ["a", "b"]); // in any order
  assert.deepEqual(store.names(), []);
});

test("an error of the source of the jobs is thrown after the running jobs have ended", async () => {
  const ended: string[] = [];
  async function* jobs() {
    yield endless("a", ended);
    throw new Error("no second job");
  }
  await assert.rejects(runJobs(jobs(), { concurrency: 2 }), /no second job/);
  assert.deepEqual(ended, ["a"]);
});
