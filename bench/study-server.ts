import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { parseArgs } from "node:util";
import { createStudy, type StudySettings } from "../src/study/create.js";
import type { StudyItem } from "../src/study/definition.js";
import { openStore } from "../src/study/open-store.js";
import { openStudy, type Study } from "../src/study/study-folder.js";
import { verifyStored } from "../testing/study.js";
import { participate, ServeProcess } from "../testing/study-load.js";

/*
 * Measures the server of a study:
 *   node dist/bench/study-server.js --kills 20 --clients 50     whether acknowledged answers survive SIGKILL
 *   node dist/bench/study-server.js --kills 0 --clients 200     how long an answer takes, without pauses between answers
 * The clients run in this process, on the same machine.
 */

const { values } = parseArgs({
  options: {
    clients: { type: "string", default: "200" },
    kills: { type: "string", default: "0" },
    seconds: { type: "string", default: "20" },
    /** Milliseconds between two answers of a participant: 0 for as fast as possible. */
    pause: { type: "string", default: "0" },
    database: { type: "string" },
  },
});
const [clients, kills, seconds, pause] = [values.clients, values.kills, values.seconds, values.pause].map(Number) as [
  number,
  number,
  number,
  number,
];

/** A study of 100 items whose image is one. */
async function studyIn(folder: string): Promise<Study> {
  const settings: StudySettings = {
    ...{ title: "Load", kind: "labels", systems: ["plain", "ra"], consent: "", exposure: 500, seed: 0, about: {} },
    ...{ access: { cap: 100_000 }, exclusions: {}, simulated: true, trials: 100 },
  };
  await createStudy(folder, settings, async (addImage) => {
    const image = await addImage({ width: 8, height: 8, data: new Uint8Array(192) });
    const regular = Array.from({ length: 100 }, (_, i): StudyItem => {
      return { kind: "labels", id: `${i}`, image, labels: { plain: ["a"], ra: ["b"] } };
    });
    return { regular, checks: [] };
  });
  return openStudy(folder);
}

const quantile = (sorted: readonly number[], q: number): string =>
  (sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN).toFixed(1);

const parent = mkdtempSync(join(tmpdir(), "legible-bench-"));
try {
  const study = await studyIn(join(parent, "study"));
  const server = await ServeProcess.on(
    study.folder,
    ...(values.database === undefined ? [] : ["--database", values.database]),
  );
  await server.start();
  const stop = new AbortController();
  const { record, joined, ended } = participate(server.url, clients, stop.signal, pause);
  await joined;
  const [start, before] = [performance.now(), record.latencies.length];
  for (let kill = 0; kill < kills; kill++) {
    const enough = record.acknowledged.length + Math.floor(Math.random() * 300);
    while (record.acknowledged.length < enough) await setTimeout(1);
    await setTimeout(Math.random() * 20);
    await server.end("SIGKILL");
    await server.start();
    console.error(`kill ${kill + 1}: ${record.acknowledged.length} answers acknowledged`);
  }
  if (kills === 0) await setTimeout(1000 * seconds);
  const elapsed = (performance.now() - start) / 1000;
  const latencies = record.latencies.slice(before).sort((a, b) => a - b);
  stop.abort();
  await ended;
  await server.end("SIGTERM");
  const store = await openStore(study, values.database);
  const { lost, different } = await verifyStored(store, record.acknowledged);
  const { joined: participants, answers } = await store.counts();
  await store.close();
  console.log(`${clients} clients, ${kills} kills, ${elapsed.toFixed(1)} s, pause ${pause} ms`);
  console.log(`  acknowledged ${record.acknowledged.length}, stored ${answers}, lost ${lost}, different ${different}`);
  console.log(
    `  participants ${participants}, who joined with ${record.keys.size} keys; faults: ${record.faults.length}`,
  );
  console.log(`  answers      ${(latencies.length / elapsed).toFixed(0)} a second`);
  console.log(
    `  milliseconds median ${quantile(latencies, 0.5)}, p95 ${quantile(latencies, 0.95)}, p99 ${quantile(latencies, 0.99)}`,
  );
  for (const fault of record.faults.slice(0, 5)) console.log(`  fault: ${fault}`);
  process.exitCode = lost + different + record.faults.length > 0 ? 1 : 0;
} finally {
  rmSync(parent, { recursive: true, force: true });
}
