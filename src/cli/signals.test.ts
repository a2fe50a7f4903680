import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryFolder } from "../../testing/workspace.js";

/** A command that never ends: it handles the abort by waiting, and a thread is inside a read that never returns. */
const stuck = (fifo: string): string => `
  const { Interruption } = await import(${JSON.stringify(new URL("./signals.js", import.meta.url))});
  const { Worker } = await import("node:worker_threads");
  const interruption = new Interruption();
  interruption.listen();
  const { signal } = interruption;
  new Worker('require("node:fs").promises.open(process.argv[2])', { eval: true, execArgv: [], argv: [${JSON.stringify(fifo)}] });
  signal.addEventListener("abort", () => process.stdout.write("aborted"));
  setTimeout(() => process.stdout.write("ready"), 300);
  setInterval(() => {}, 1000);
`;

for (const [first, second] of [
  ["SIGTERM", "SIGINT"],
  ["SIGINT", "SIGINT"],
  ["SIGINT", "SIGTERM"],
] as const)
  test(`${second} ends a process at once that ${first} did not end, although a thread waits for a pipe`, {
    skip: process.platform === "win32" && "Windows has no signals",
  }, async (t) => {
    const fifo = join(temporaryFolder(t), "fifo");
    spawnSync("mkfifo", [fifo]);
    const child = spawn(process.execPath, ["--input-type=module", "-e", stuck(fifo)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const ended = new Promise<{ signal: string | null; after: number }>((resolve) =>
      child.on("close", (_, signal) => resolve({ signal, after: performance.now() - sent })),
    );
    let sent = 0;
    child.stdout.on("data", (chunk) => {
      if (String(chunk) === "ready") child.kill(first);
      if (String(chunk) === "aborted") {
        sent = performance.now();
        child.kill(second);
      }
    });
    const timer = setTimeout(() => child.kill("SIGKILL"), 20_000);
    const { signal, after } = await ended;
    clearTimeout(timer);
    assert.equal(signal, second);
    assert.ok(after < 5000, `it took ${after} ms`);
  });
