import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { studyExport } from "../src/commands/study-export.js";
import { studyStatus } from "../src/commands/study-status.js";
import { openStore } from "../src/study/open-store.js";
import { runCommand } from "../testing/run-command.js";
import { answerTo, joinStudy, post, testStudy, verifyStored } from "../testing/study.js";
import { participate, ServeProcess } from "../testing/study-load.js";

test("after SIGKILL at random moments every acknowledged answer is stored as it was given, once", async (t) => {
  const study = await testStudy(t, { items: 30, trials: 30, access: { cap: 10_000 } });
  const server = await ServeProcess.on(study.folder);
  t.after(() => server.end("SIGKILL"));
  await server.start();
  const stop = new AbortController();
  const { record, ended } = participate(server.url, 20, stop.signal);
  const { acknowledged, keys, faults } = record;
  const answered = async () => {
    const enough = acknowledged.length + 30 + Math.random() * 50;
    while (acknowledged.length < enough) await setTimeout(1);
  };
  for (let kill = 0; kill < 3; kill++) {
    await answered();
    await server.end("SIGKILL");
    await server.start();
  }
  await answered();
  stop.abort();
  await ended;
  await server.end("SIGTERM");
  assert.deepEqual(faults, []);
  const store = await openStore(study);
  t.after(() => store.close());
  assert.deepEqual(await verifyStored(store, acknowledged), { lost: 0, different: 0 });
  const given = new Set(acknowledged.map(({ token, trial }) => `${token} ${trial}`));
  assert.equal(given.size, acknowledged.length);
  assert.ok((await store.counts()).joined <= keys.size, "nobody joined twice");
});

test("SIGTERM ends the server with code 0; status and export read what was stored, and no address was", async (t) => {
  const study = await testStudy(t, { simulated: true });
  const server = await ServeProcess.on(study.folder);
  t.after(() => server.end("SIGKILL"));
  await server.start();
  assert.equal(statSync(join(study.folder, "admin-token")).mode & 0o777, 0o600);
  const { token, trials } = await joinStudy(server.url);
  const spied = { "user-agent": "Spy/1.0", "x-forwarded-for": "203.0.113.7" };
  for (const { trial } of trials) await post(`${server.url}/api/answers`, answerTo(trial), token, spied);
  const { completion } = (await post<{ completion: string }>(`${server.url}/api/finish`, {}, token)).body;
  const status = await runCommand(studyStatus, study.folder, "--json");
  const { joined, completed, free, answers } = JSON.parse(status.out);
  assert.deepEqual([joined, completed, free, answers], [1, 1, 99, 7]);
  assert.equal(await server.end("SIGTERM"), 0);
  const bytes = readFileSync(join(study.folder, "answers.db"), "latin1");
  for (const secret of ["127.0.0.1", "::1", "203.0.113.7", "Spy", token])
    assert.ok(!bytes.includes(secret), `${secret} is stored`);

  const out = join(study.folder, "..", "answers.csv");
  await runCommand(studyExport, study.folder, "--out", out, "--json", `${out}.json`);
  const [header = "", ...rows] = readFileSync(out, "utf8").trim().split("\n");
  assert.ok(header.startsWith("participant,trial,kind,item,left,right,choice,chosen") && header.endsWith(",simulated"));
  assert.equal(rows.length, 7);
  assert.ok(rows.every((row) => row.endsWith(",true")));
  const { simulated, study_sha256: hash, answers: json } = JSON.parse(readFileSync(`${out}.json`, "utf8"));
  assert.deepEqual([simulated, hash, json.length], [true, study.hash, 7]);
  const completions = readFileSync(join(study.folder, "..", "completions.csv"), "utf8");
  assert.equal(completions, `completion\n${completion}\n`);
  const participants = readFileSync(join(study.folder, "..", "participants.csv"), "utf8");
  assert.ok(!participants.includes(completion) && participants.split("\n")[1]?.endsWith(",7,true"));
});
