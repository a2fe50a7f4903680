import { spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { writeModel } from "../src/platform/node/models.js";
import { JobQueue } from "../src/queue/queue.js";
import type { Run } from "../src/queue/run.js";
import { QueueWorker } from "../src/queue/worker.js";
import { RedisServer } from "../testing/redis.js";
import { enlarging } from "../testing/workspace.js";

/*
 * What a queue costs: time and memory of submitting many images from a list, memory of the server, and the time that the queue
 * adds to a job whose work takes no time.
 *
 *   node dist/bench/queue-submit.js [images] [jobs without work]
 */

const [count = 1_000_000, idle = 20_000] = process.argv.slice(2).map(Number);
const main = fileURLToPath(new URL("../src/cli/main.js", import.meta.url));
const root = mkdtempSync(join(tmpdir(), "legible-submit-"));
const [list, model] = [join(root, "list.jsonl"), join(root, "x2.onnx")];

async function writeList(): Promise<void> {
  const file = createWriteStream(list);
  for (let i = 0; i < count; i++)
    if (!file.write(`{"input": "photos/${i % 1000}/photograph-${i}.jpg"}\n`)) await once(file, "drain");
  file.end();
  await once(file, "finish");
}

/** MiB of resident memory of a process, now. */
function memoryOf(pid: number): number {
  const pages = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(pages ?? 0) / 1024;
}

/** Submits the list with the command line. @returns seconds, and MiB of memory after each tenth of the time. */
async function submitted(url: string, out: string) {
  const start = performance.now();
  const args = [main, "submit", "enhance", list, "-o", out, "--model", model, "--queue", url];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "pipe"] });
  const memory: number[] = [];
  const timer = setInterval(
    () => child.pid !== undefined && child.exitCode === null && memory.push(memoryOf(child.pid)),
    1_000,
  );
  let said = "";
  child.stderr.on("data", (chunk) => (said += chunk));
  const [code] = await once(child, "exit");
  clearInterval(timer);
  const tenths = Array.from({ length: 10 }, (_, i) => Math.round(memory[Math.floor((i * memory.length) / 10)] ?? 0));
  return {
    code,
    seconds: Math.round((performance.now() - start) / 100) / 10,
    memory: tenths,
    said: said.split("\n").slice(-3),
  };
}

/** Milliseconds that the queue adds to each of many jobs without work. */
async function overhead(queue: JobQueue, concurrency: number): Promise<number> {
  const id = `00000000000${concurrency}`.slice(-12);
  const run: Run = {
    ...{
      id,
      kind: "command",
      command: "nothing",
      settings: {},
      folder: "/",
      version: "0",
      submitted: new Date().toISOString(),
    },
  };
  await queue.runs.create(run);
  for (let i = 0; i < idle; i += 1_000)
    await queue.jobs.addBulk(
      Array.from({ length: 1_000 }, (_, k) => ({ name: "command", data: { run: id, part: `part ${i + k}` } })),
    );
  let [ended, resolve] = [0, (): void => {}];
  const all = new Promise<void>((done) => (resolve = done));
  const log = { info() {}, warn() {}, error() {} };
  const start = performance.now();
  const worker = new QueueWorker(queue, {
    ...{ concurrency, lock: 30, log, runCommand: async () => null },
    onEnd: () => void (++ended === idle && resolve()),
  });
  await all;
  const milliseconds = (performance.now() - start) / idle;
  await worker.drain(1);
  return Math.round(milliseconds * 1000) / 1000;
}

writeModel(enlarging(2), model);
await writeList();
const redis = await RedisServer.start();
const queue = await JobQueue.open(redis.url);
const usedMemory = async (): Promise<number> => Number(/used_memory:(\d+)/.exec(await queue.redis.info("memory"))?.[1]);
const first = await submitted(redis.url, join(root, "out"));
const bytes = await usedMemory();
const again = await submitted(redis.url, join(root, "out"));
await queue.redis.flushall();
const milliseconds = { concurrency1: await overhead(queue, 1), concurrency8: await overhead(queue, 8) };
console.log(
  JSON.stringify(
    { images: count, first, again, serverBytesPerJob: Math.round(bytes / count), idle, milliseconds },
    null,
    2,
  ),
);
await queue.close();
await redis.remove();
rmSync(root, { recursive: true, force: true });
