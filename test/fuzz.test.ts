import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const SEED = 1;
const FILES = 2000;
/** Time limit per file, in milliseconds. */
const TIME_LIMIT = 10_000;
const WORKERS = 2;

const worker = fileURLToPath(new URL("../testing/fuzz-worker.js", import.meta.url));

interface Batch {
  loads: number;
  refused: number;
  /** One line per file that crashed, hung or failed with anything but a `UserError`. */
  readonly failures: string[];
}

/** Loads files `begin` to `end` - 1. After a crash or timeout, a new process continues with the next file. */
async function loadAll(begin: number, end: number): Promise<Batch> {
  const batch: Batch = { loads: 0, refused: 0, failures: [] };
  for (let next = begin; next < end; ) {
    const { last, finished, reason } = await loadInProcess(next, end, batch);
    if (!finished) batch.failures.push(`seed ${SEED}, index ${last}: ${reason}`);
    next = last + 1;
  }
  return batch;
}

function loadInProcess(
  begin: number,
  end: number,
  batch: Batch,
): Promise<{ last: number; finished: boolean; reason: string }> {
  const child = spawn(process.execPath, [worker, String(SEED), String(begin), String(end)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let [last, started, finished, timedOut, buffer] = [begin, false, false, false, ""];
  const kill = () => {
    timedOut = true;
    child.kill("SIGKILL");
  };
  let watchdog = setTimeout(kill, TIME_LIMIT);
  const handleLine = (line: string) => {
    const [status, ...details] = line.split(" ");
    started = true;
    finished = status !== "try";
    if (status === "try") {
      last = Number(details[0]);
      clearTimeout(watchdog);
      watchdog = setTimeout(kill, TIME_LIMIT);
    } else if (status === "loads") batch.loads++;
    else if (status === "refused") batch.refused++;
    else batch.failures.push(`seed ${SEED}, index ${last}: ${JSON.parse(details.join(" "))}`);
  };
  child.stdout.on("data", (chunk) => {
    const lines = (buffer + chunk).split("\n");
    buffer = lines.pop() ?? "";
    for (const line of lines) handleLine(line);
  });
  return new Promise((resolve, reject) =>
    child.on("close", (code, signal) => {
      clearTimeout(watchdog);
      if (!started) reject(new Error(`the worker did not start (${signal ?? code})`));
      const reason = timedOut ? `exceeded ${TIME_LIMIT / 1000} s` : `crashed the process (${signal ?? code})`;
      resolve({ last, finished: finished && !timedOut, reason });
    }),
  );
}

test(`${FILES} corrupted ONNX files load or are refused with a UserError; none crashes the process or takes over 10 s`, async (t) => {
  const share = Math.ceil(FILES / WORKERS);
  const batches = await Promise.all(
    Array.from({ length: WORKERS }, (_, i) => loadAll(i * share, Math.min(FILES, (i + 1) * share))),
  );
  const count = (key: "loads" | "refused") => batches.reduce((sum, batch) => sum + batch[key], 0);
  t.diagnostic(`seed ${SEED}: ${count("loads")} load, ${count("refused")} are refused`);
  assert.deepEqual(
    batches.flatMap(({ failures }) => failures),
    [],
  );
  assert.equal(count("loads") + count("refused"), FILES);
  assert.ok(count("loads") > FILES / 20 && count("refused") > FILES / 4, "the corruption is too weak or too strong");
});
