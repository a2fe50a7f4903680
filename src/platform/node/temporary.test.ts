import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { temporaryFolder } from "../../../testing/workspace.js";
import { writeBytes } from "./files.js";
import { stateOf, thisProcess } from "./processes.js";
import { temporaryPath } from "./temporary.js";

const at = (module: string) => fileURLToPath(new URL(module, import.meta.url));

/** Runs code in another process until it ends, and returns its standard output. */
function inProcess(code: string): string {
  const imports = `import { writeBytes, writeWhole } from ${JSON.stringify(at("./files.js"))};
    import { thisProcess } from ${JSON.stringify(at("./processes.js"))};
    import { writeFileSync } from "node:fs";`;
  const flags = ["--input-type=module", "--eval", `${imports}\n${code}`];
  try {
    return execFileSync(process.execPath, flags, { encoding: "utf8" });
  } catch (error) {
    return (error as { stdout: string }).stdout; // it has killed itself
  }
}

const killedWhileWriting = (folder: string): void => {
  const path = JSON.stringify(join(folder, "out.bin"));
  inProcess(`await writeWhole(${path}, async (temporary) => {
    writeFileSync(temporary, "half");
    process.kill(process.pid, "SIGKILL");
    await new Promise((resolve) => setTimeout(resolve, 60_000));
  });`);
};

test("this process runs, one that has ended has ended, and one of another host is elsewhere", () => {
  assert.equal(stateOf(thisProcess), "running");
  assert.equal(stateOf(inProcess("process.stdout.write(thisProcess)")), "ended");
  assert.equal(stateOf(`00000000${thisProcess.slice(8)}`), "elsewhere");
});

test("a later process with the number of an ended one is not taken for it", () => {
  const [host, pid, start] = thisProcess.split("-");
  assert.equal(stateOf(`${host}-${pid}-${start}1`), "ended");
});

test("a killed process leaves its temporary file, and the next write into the folder removes it", async (t) => {
  const folder = temporaryFolder(t);
  killedWhileWriting(folder);
  assert.match(readdirSync(folder).join(), /^\.legible-[^,]+$/);
  await writeBytes(join(folder, "other.bin"), ["whole"]);
  assert.deepEqual(readdirSync(folder), ["other.bin"]);
});

test("a process that exits while it writes removes its temporary file", (t) => {
  const folder = temporaryFolder(t);
  const path = JSON.stringify(join(folder, "out.bin"));
  inProcess(`await writeWhole(${path}, async (temporary) => {
    writeFileSync(temporary, "half");
    process.exit(3);
  });`);
  assert.deepEqual(readdirSync(folder), []);
});

test("temporary files of running processes stay, and those of other hosts until they are a day old", async (t) => {
  const folder = temporaryFolder(t);
  const running = temporaryPath(folder);
  const elsewhere = running.replace(thisProcess, `00000000${thisProcess.slice(8)}`);
  const abandoned = elsewhere.slice(0, -8).concat("01234567");
  for (const path of [running, elsewhere]) writeFileSync(path, "half");
  mkdirSync(abandoned);
  const longAgo = new Date(Date.now() - 25 * 60 * 60 * 1000);
  utimesSync(abandoned, longAgo, longAgo);
  await writeBytes(join(folder, "out.bin"), ["whole"]);
  assert.deepEqual(
    readdirSync(folder).sort(),
    [running, elsewhere]
      .map((path) => path.slice(folder.length + 1))
      .concat("out.bin")
      .sort(),
  );
});

test("a file whose name has 255 bytes is written", async (t) => {
  const folder = temporaryFolder(t);
  const name = `${"n".repeat(251)}.bin`;
  await writeBytes(join(folder, name), ["whole"]);
  assert.deepEqual(readdirSync(folder), [name]);
});
