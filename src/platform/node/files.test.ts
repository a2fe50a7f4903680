import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, statSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryFolder } from "../../../testing/workspace.js";
import { messageOf } from "../../errors.js";
import { openRegular, readRegular, readText, readTextIfThere, writeBytes } from "./files.js";

const reasonOf = (reading: Promise<unknown>) => reading.then(() => assert.fail("it was read"), messageOf);

test("a pipe, a socket, a device and a folder are refused at once, directly and through a link", {
  skip: process.platform === "win32" && "Windows has no pipes in folders",
}, async (t) => {
  const folder = temporaryFolder(t);
  const [fifo, socket, link] = ["fifo", "socket", "link"].map((name) => join(folder, name)) as [string, string, string];
  spawnSync("mkfifo", [fifo]);
  symlinkSync(fifo, link);
  const server = createServer();
  await new Promise((resolve) => server.listen(socket, () => resolve(undefined)));
  t.after(() => server.close());
  for (const [path, reason] of [
    [fifo, "it is a pipe, not a file"],
    [link, "it is a pipe, not a file"],
    [socket, "it is a socket, not a file"],
    ["/dev/zero", "it is a device, not a file"],
    [folder, "it is a folder"],
    [join(folder, "none"), "no such file or folder"],
    [join(folder, "bad\uFFFD"), "its name is not UTF-8; rename it"],
  ] as const) {
    assert.equal(await reasonOf(openRegular(path)), reason);
    assert.equal(await reasonOf(readRegular(path)), reason);
  }
});

test("a file larger than the limit is refused, and none of it is read; so is a file without a size that goes on", async (t) => {
  const path = join(temporaryFolder(t), "large");
  writeFileSync(path, "");
  truncateSync(path, 2 ** 40);
  assert.match(await reasonOf(readRegular(path)), /^it has 1099511627776 bytes, more than the limit of 2147483647$/);
  assert.match(await reasonOf(readText(path)), /more than the limit of 134217728$/);
  await assert.rejects(readTextIfThere(path), /cannot read .*large: it has 1099511627776 bytes/);
  if (process.platform === "linux")
    assert.match(await reasonOf(readRegular("/proc/self/maps", 100)), /^it has more than the limit of 100 bytes$/);
});

test("the bytes are those of the file, of size 0 and of a file that the system makes", async (t) => {
  const path = join(temporaryFolder(t), "file");
  for (const content of [Buffer.alloc(0), Buffer.from("a"), Buffer.alloc(100_000, 7)]) {
    writeFileSync(path, content);
    assert.deepEqual(await readRegular(path), content);
  }
  if (process.platform === "linux") assert.match(await readText("/proc/self/status"), /^Name:/);
});

test("a file with a name of 255 bytes can be written, and nothing is left beside it", async (t) => {
  const folder = temporaryFolder(t);
  const name = `${"é".repeat(125)}a.png`;
  assert.equal(Buffer.byteLength(name), 255);
  await writeBytes(join(folder, name), ["content"]);
  assert.deepEqual(readdirSync(folder), [name]);
  assert.equal(readFileSync(join(folder, name), "utf8"), "content");
});

test("a pipe is not replaced by a file, and nothing waits for it", {
  skip: process.platform === "win32" && "Windows has no pipes in folders",
}, async (t) => {
  const fifo = join(temporaryFolder(t), "fifo");
  spawnSync("mkfifo", [fifo]);
  await assert.rejects(writeBytes(fifo, ["content"]), { message: `cannot write ${fifo}: it is a pipe, not a file` });
  assert.ok(statSync(fifo).isFIFO());
});
