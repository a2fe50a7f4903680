import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const SEED = 1;
const FILES = 2000;
/** A file may take this long in milliseconds. */
const LIMIT = 10_000;
const WORKERS = 2;

const worker = fileURLToPath(new URL("../testing/fuzz-worker.js", import.meta.url));

interface Batch {
  loads: number;
  refused: number;
  /** One line for each file that crashed, hung or failed with anything but a clear sentence. */
  readonly offenders: string[];
}

/** Loads the files from `begin` up to `end`; a process that dies or hangs is followed by another behind its file. */
async function loadAll(begin: number, end: number): Promise<Batch> {
  const batch: Batch = { loads: 0, refused: 0, offenders: [] };
  for (let next = begin; next < end; ) {
    const { last, finished, end: how } = await loadSome(next, end, batch);
    if (!finished) batch.offenders.push(`seed ${SEED}, index ${last}: ${how}`);
    next = last + 1;
  }
  return batch;
}

function loadSome(begin: number, end: number, batch: Batch): Promise<{ last: number; finished: boolean; end: string }> {
  const child = spawn(process.execPath, [worker, String(SEED), String(begin), String(end)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let [last, tried, finished, hung, rest] = [begin, false, false, false, ""];
  const kill = () => {
    hung = true;
    child.kill("SIGKILL");
  };
  let watchdog = setTimeout(kill, LIMIT);
  const take = (line: string) => {
    const [word, ...more] = line.split(" ");
    tried = true;
    finished = word !== "try";
    if (word === "try") {
      last = Number(more[0]);
      clearTimeout(watchdog);
      watchdog = setTimeout(kill, LIMIT);
    } else if (word === "loads") batch.loads++;
    else if (word === "refused") batch.refused++;
    else batch.offenders.push(`seed ${SEED}, index ${last}: ${JSON.parse(more.join(" "))}`);
  };
  child.stdout.on("data", (chunk) => {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) take(line);
  });
  return new Promise((resolve, reject) =>
    child.on("close", (code, signal) => {
      clearTimeout(watchdog);
      if (!tried) reject(new Error(`the worker did not start (${signal ?? code})`));
      const how = hung ? `took over ${LIMIT / 1000} s` : `ended the process (${signal ?? code})`;
      resolve({ last, finished: finished && !hung, end: how });
    }),
  );
}

test(`${FILES} damaged ONNX files load or get a clear sentence; none ends the process or takes over 10 s`, async (t) => {
  const share = Math.ceil(FILES / WORKERS);
  const batches = await Promise.all(
    Array.from({ length: WORKERS }, (_, i) => loadAll(i * share, Math.min(FILES, (i + 1) * share))),
  );
  const count = (key: "loads" | "refused") => batches.reduce((sum, batch) => sum + batch[key], 0);
  t.diagnostic(`seed ${SEED}: ${count("loads")} load, ${count("refused")} are refused`);
  assert.deepEqual(
    batches.flatMap(({ offenders }) => offenders),
    [],
  );
  assert.equal(count("loads") + count("refused"), FILES);
  assert.ok(count("loads") > FILES / 20 && count("refused") > FILES / 4, "the damage is too weak or too strong");
});
