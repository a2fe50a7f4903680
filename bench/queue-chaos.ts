import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { writeModel } from "../src/platform/node/models.js";
import { statusOf } from "../src/queue/control.js";
import { JobQueue } from "../src/queue/queue.js";
import { hashesOf, Workers } from "../testing/queue-workers.js";
import { RedisServer } from "../testing/redis.js";
import { enlarging, legibleProcess, writeLabeledImages } from "../testing/workspace.js";

/*
 * Three workers enhance small images from a queue, while one is ended every few seconds and the server restarts twice. Each
 * output must be there once, whole, and equal to that of `legible enhance`; dead jobs must be the broken files.
 *
 *   node dist/bench/queue-chaos.js [images] [SIGKILL|SIGTERM] [seconds between]
 */

const [count = "10000", signal = "SIGKILL", every = "5"] = process.argv.slice(2);
const root = mkdtempSync(join(tmpdir(), "legible-chaos-"));
const [model, input, output, local] = ["x2.onnx", "input", "output", "local"].map((name) => join(root, name)) as [
  string,
  string,
  string,
  string,
];

/** Writes images in folders of 1000, of which one in a hundred is broken. @returns the number of broken ones. */
async function writeInputs(): Promise<number> {
  const patterns = join(root, "patterns");
  await writeLabeledImages(patterns, 100, 16);
  const contents = Array.from({ length: 100 }, (_, i) => readFileSync(join(patterns, `${i}.png`)));
  let broken = 0;
  for (let i = 0; i < Number(count); i++) {
    const folder = join(input, String(Math.floor(i / 1000)));
    if (i % 1000 === 0) mkdirSync(folder, { recursive: true });
    const isBroken = i % 100 === 99;
    if (isBroken) broken++;
    writeFileSync(join(folder, `${i}.png`), isBroken ? `broken ${i}` : (contents[i % 100] as Buffer));
  }
  return broken;
}

writeModel(enlarging(2), model);
const broken = await writeInputs();
await legibleProcess(["enhance", input, "-o", local, "--model", model]);
const redis = await RedisServer.start(["--appendfsync", "always"]);
const submitted = await legibleProcess([
  "submit",
  "enhance",
  input,
  "-o",
  output,
  "--model",
  model,
  "--queue",
  redis.url,
]);
const run = submitted.out.trim();
const workers = new Workers(redis.url, ["--concurrency", "2", "--lock", "5"]);
for (let i = 0; i < 3; i++) workers.start();
const start = performance.now();

const queue = await JobQueue.open(redis.url);
const status = () => statusOf(queue, run);

const codes: (number | null)[] = [];
let restarts = 0;
for (;;) {
  await setTimeout(Number(every) * 1000);
  const { done, dead } = await status();
  process.stdout.write(`${Math.round((performance.now() - start) / 1000)} s: ${done} done, ${dead} dead\n`);
  if (done + dead >= Number(count)) break;
  codes.push(await workers.stopOldest(signal as NodeJS.Signals));
  workers.start();
  if ([0.2, 0.6][restarts] !== undefined && done > Number(count) * ([0.2, 0.6][restarts] as number)) {
    restarts++;
    await redis.stop(signal as NodeJS.Signals);
    await setTimeout(1000);
    await redis.run();
  }
}
const seconds = (performance.now() - start) / 1000;
const { done, dead, state } = await status();
codes.push(...(await workers.stop()));
const [found, expected] = [hashesOf(output), hashesOf(local)];
const names = [...expected.keys()].filter((name) => !name.endsWith(".legible-jobs.jsonl"));
const wrong = names.filter((name) => found.get(name) !== expected.get(name));
const extra = [...found.keys()].filter((name) => !expected.has(name));
const repeated = [...workers.ends("done").values()].filter((times) => times > 1).length;
const result = {
  ...{
    images: Number(count),
    signal,
    seconds,
    ended: codes.length,
    restarts,
    state,
    done,
    dead,
    broken,
    wrong: wrong.length,
    extra,
  },
  ...{ repeated, stray: workers.stray.slice(0, 5), run, codes: [...new Set(codes)] },
  stalled: workers.lines.filter(({ msg }) => msg.includes("without a word")).length,
};
console.log(JSON.stringify(result, null, 2));
await queue.close();
await redis.remove();
rmSync(root, { recursive: true, force: true });
process.exitCode = wrong.length > 0 || dead !== broken || done + broken !== Number(count) ? 1 : 0;
