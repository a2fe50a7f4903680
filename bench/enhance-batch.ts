import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import { writeModel } from "../src/platform/node/models.js";
import { type Random, randomAt } from "../src/random.js";
import { enlarging } from "../testing/workspace.js";

/*
 * `enhance` over folders of many files, with a network that only enlarges: resumption after kills, memory, open files, and the
 * time left.
 *
 *   node dist/bench/enhance-batch.js [photographs] [small files]
 */

const [photographs = 2000, small = 100_000] = process.argv.slice(2).map(Number);
const main = fileURLToPath(new URL("../src/cli/main.js", import.meta.url));
const root = mkdtempSync(join(tmpdir(), "legible-bench-"));
const model = join(root, "x2.onnx");

/** A plain-colored image with a gradient, which each seed makes different. */
async function synthetic(random: Random, side: number): Promise<Buffer> {
  const [r, g, b] = [random.uniform(), random.uniform(), random.uniform()];
  const data = Uint8Array.from({ length: side * side * 3 }, (_, i) => {
    const [x, y] = [Math.floor(i / 3) % side, Math.floor(i / 3 / side)];
    return 255 * ([r, g, b][i % 3] ?? 0) * ((x + y) / (2 * side)) + 20 * random.uniform();
  });
  const image = sharp(data, { raw: { width: side, height: side, channels: 3 } });
  return random.uniform() < 0.5 ? image.png().toBuffer() : image.jpeg().toBuffer();
}

/** Writes `count` files in folders of 1000; a share of them is truncated. */
async function writeInputs(folder: string, count: number, sides: readonly number[], broken: number): Promise<number> {
  const random = randomAt(1, count);
  const contents: Buffer[] = [];
  for (let i = 0; i < Math.min(count, 500); i++)
    contents.push(await synthetic(random, sides[Math.floor((i * sides.length) / Math.min(count, 500))] ?? 16));
  let good = 0;
  for (let i = 0; i < count; i++) {
    const content = contents[Math.floor((i * contents.length) / count)] as Buffer;
    const isBroken = random.uniform() < broken;
    const extension = content[0] === 0x89 ? "png" : "jpg";
    const path = join(folder, `${Math.floor(i / 1000)}`.padStart(3, "0"), `${`${i}`.padStart(6, "0")}.${extension}`);
    if (i % 1000 === 0) mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, isBroken ? content.subarray(0, 30) : content);
    if (!isBroken) good++;
  }
  return good;
}

interface Watched {
  readonly seconds: number;
  readonly code: number | null;
  readonly signal: string | null;
  /** MiB of resident memory over time. */
  readonly memory: readonly number[];
  readonly files: number;
  /** Relative errors of the time left after 5 % of the images. */
  readonly errors: readonly number[];
  /** The same in processor time, which other programs on the machine do not change. */
  readonly cpuErrors: readonly number[];
}

/** Runs `legible enhance` and watches its memory, open files and estimates. */
async function enhance(input: string, output: string, meanwhile?: (child: ChildProcess) => unknown): Promise<Watched> {
  const args = ["enhance", input, "-o", output, "--model", model, "--threads", "1", "--allow-failures", "1000000"];
  const start = performance.now();
  const child = spawn(process.execPath, [main, ...args], { stdio: ["ignore", "ignore", "pipe"] });
  const estimates: { time: number; left: number; cpu: number }[] = [];
  let cpu = 0;
  child.stderr?.on("data", (chunk) => {
    for (const [, done, total, left, unit] of String(chunk).matchAll(
      /^enhancing (\d+)\/(\d+).* {2}(\d+) (s|min) left/gm,
    ))
      if (Number(done) > 0.05 * Number(total))
        estimates.push({ time: performance.now(), left: Number(left) * (unit === "min" ? 60 : 1), cpu });
  });
  const [memory, files] = [[] as number[], [0]];
  const sample = setInterval(() => {
    try {
      const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
      memory.push(Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024));
      cpu = cpuTimeOf(child.pid as number);
      files.push(readdirSync(`/proc/${child.pid}/fd`).length);
    } catch {} // it has ended
  }, 500);
  meanwhile?.(child);
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve) =>
    child.on("close", (...end) => resolve(end)),
  );
  clearInterval(sample);
  const end = performance.now();
  const errors = estimates
    .filter(({ time }) => end - time > 5000)
    .map(({ time, left }) => left / ((end - time) / 1000) - 1);
  const cpuErrors = estimates
    .filter(({ cpu: used }) => cpu - used > 200)
    .map(({ time, left, cpu: used }) => {
      const predicted = (1000 * left) / (time - start);
      return predicted / ((cpu - used) / used) - 1;
    });
  return { seconds: (end - start) / 1000, code, signal, memory, files: Math.max(...files), errors, cpuErrors };
}

/** Processor time of a process in clock ticks. */
function cpuTimeOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return Number(fields[11]) + Number(fields[12]);
}

const filesIn = (folder: string): string[] =>
  (readdirSync(folder, { recursive: true }) as string[]).filter((file) => /\.(png|jpg)$/.test(file)).sort();
const leftovers = (folder: string): string[] =>
  (readdirSync(folder, { recursive: true }) as string[]).filter((file) => /\.legible-(?!jobs\.jsonl$)/.test(file));
const hashOf = (path: string): string => createHash("sha256").update(readFileSync(path)).digest("hex");

function report(title: string, values: Readonly<Record<string, unknown>>): void {
  console.log(`${title}: ${JSON.stringify(values)}`);
}

/** "median 8 %, at most 20 % in 12" */
function summaryOf(errors: readonly number[]): string {
  const sizes = errors.map((error) => Math.round(100 * Math.abs(error))).sort((x, y) => x - y);
  return sizes.length === 0
    ? "none"
    : `median ${sizes[Math.floor(sizes.length / 2)]} %, at most ${sizes.at(-1)} % in ${sizes.length}`;
}

/** Kills a run and interrupts it five times. */
async function interrupted(): Promise<void> {
  const [input, whole, killed] = [join(root, "photographs"), join(root, "whole"), join(root, "killed")];
  const good = await writeInputs(input, photographs, [32, 64, 48, 96, 80], 0.05);
  const undisturbed = await enhance(input, whole);
  mkdirSync(killed);
  report("undisturbed", {
    good,
    seconds: undisturbed.seconds,
    code: undisturbed.code,
    timeLeft: summaryOf(undisturbed.errors),
    ofCpu: summaryOf(undisturbed.cpuErrors),
  });
  for (const [i, signal] of (["SIGKILL", "SIGINT", "SIGKILL", "SIGINT", "SIGKILL"] as const).entries()) {
    const ended = await enhance(input, killed, async (child) => {
      while (filesIn(killed).length < ((i + 1) * good) / 6) await setTimeout(100);
      child.kill(signal);
    });
    report(signal, {
      code: ended.code,
      signal: ended.signal,
      results: filesIn(killed).length,
      left: leftovers(killed).length,
    });
  }
  const last = await enhance(input, killed);
  const rerun = await enhance(input, killed);
  const [a, b] = [filesIn(whole), filesIn(killed)];
  const equal =
    a.length === b.length &&
    a.every((file, i) => file === b[i] && hashOf(join(whole, file)) === hashOf(join(killed, file)));
  const names = readFileSync(join(killed, ".legible-jobs.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line).name);
  report("resumed", { seconds: last.seconds, results: b.length, equal, left: leftovers(killed).length });
  report("records", { lines: names.length, distinct: new Set(names).size });
  report("rerun", { seconds: rerun.seconds, code: rerun.code });
}

/** Many small files. */
async function many(): Promise<void> {
  const [input, output] = [join(root, "small"), join(root, "small-out")];
  await writeInputs(input, small, [8, 12, 16, 16, 24], 0);
  await setTimeout(3000); // until the inputs' time stamps are settled
  for (const title of ["small files", "rerun of small files"]) {
    const { seconds, code, memory, files, errors, cpuErrors } = await enhance(input, output);
    const at = (share: number) => memory[Math.floor(share * (memory.length - 1))];
    report(title, {
      ...{
        seconds,
        code,
        results: filesIn(output).length,
        openFiles: files,
        timeLeft: summaryOf(errors),
        ofCpu: summaryOf(cpuErrors),
      },
      memory: {
        "5 %": at(0.05),
        "25 %": at(0.25),
        "50 %": at(0.5),
        "75 %": at(0.75),
        end: at(1),
        most: Math.max(...memory),
      },
    });
  }
}

try {
  await writeModel(enlarging(2), model);
  if (photographs > 0) await interrupted();
  if (small > 0) await many();
} finally {
  rmSync(root, { recursive: true, force: true });
}
