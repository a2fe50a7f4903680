import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { temporaryFolder } from "../../../testing/workspace.js";
import { acquireLock } from "./lock.js";
import { thisProcess } from "./processes.js";

/** Starts a process that holds the lock. */
async function holder(path: string) {
  const module = JSON.stringify(fileURLToPath(new URL("./lock.js", import.meta.url)));
  const code = `import { acquireLock } from ${module};
    await acquireLock(${JSON.stringify(path)}, "the run");
    console.log("held");
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", code], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(child.stdout, "data");
  return child;
}

test("a lock that another process holds is refused and names that process, and is free once it was killed", async (t) => {
  const path = join(temporaryFolder(t), ".lock");
  const child = await holder(path);
  t.after(() => child.kill("SIGKILL"));
  await assert.rejects(acquireLock(path, "the run"), {
    name: "UserError",
    message: `cannot use the run: process ${child.pid} is already working in it`,
  });
  child.kill("SIGKILL");
  await once(child, "exit");
  assert.ok(existsSync(path));
  await (await acquireLock(path, "the run")).release();
  assert.ok(!existsSync(path));
});

test("a process cannot acquire a lock twice", async (t) => {
  const path = join(temporaryFolder(t), ".lock");
  const lock = await acquireLock(path, "the run");
  await assert.rejects(acquireLock(path, "the run"), /this process is already working in it/);
  await lock.release();
  await (await acquireLock(path, "the run")).release();
});

test("a lock of another host is refused until it is silent for ten minutes", async (t) => {
  const path = join(temporaryFolder(t), ".lock");
  writeFileSync(path, JSON.stringify({ process: `00000000${thisProcess.slice(8)}`, pid: 7, host: "far" }));
  await assert.rejects(
    acquireLock(path, "the run"),
    /process 7 on far was working in it 0 s ago; if it has ended, remove .*lock/,
  );
  const before = new Date(Date.now() - 11 * 60_000);
  utimesSync(path, before, before);
  const lock = await acquireLock(path, "the run");
  assert.equal(JSON.parse(readFileSync(path, "utf8")).process, thisProcess);
  await lock.release();
});

test("of many that acquire one lock at once, one succeeds", async (t) => {
  const path = join(temporaryFolder(t), ".lock");
  const child = await holder(path);
  child.kill("SIGKILL");
  await once(child, "exit");
  const results = await Promise.allSettled(Array.from({ length: 20 }, () => acquireLock(path, "the run")));
  const held = results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  assert.equal(held.length, 1);
  await held[0]?.release();
});

test("what is no file in the place of a lock is refused in one sentence, and nothing waits for it", {
  skip: process.platform === "win32" && "Windows has no pipes in folders",
  timeout: 10_000,
}, async (t) => {
  const folder = temporaryFolder(t);
  spawnSync("mkfifo", [join(folder, "pipe")]);
  mkdirSync(join(folder, "folder"));
  symlinkSync("nothing", join(folder, "link"));
  for (const [name, reason] of [
    ["pipe", "it is a pipe, not a file"],
    ["folder", "it is a folder"],
    ["link", "it is a link to a file that is missing"],
  ] as const) {
    const path = join(folder, name);
    const message = `cannot use the run: ${path} is no lock file: ${reason}`;
    await assert.rejects(acquireLock(path, "the run"), { name: "UserError", message });
  }
});
