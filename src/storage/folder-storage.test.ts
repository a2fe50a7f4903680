import assert from "node:assert/strict";
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { collected } from "../../testing/collected.js";
import { temporaryFolder, writeFiles } from "../../testing/workspace.js";
import { UserError } from "../errors.js";
import { openStorage } from "./open-storage.js";
import { Sources } from "./sources.js";

test("a folder is a storage, and no name leads out of it", async (t) => {
  const storage = await openStorage(join(temporaryFolder(t), "new"));
  assert.equal(await storage.size("a/b.png"), undefined);
  await storage.write("a/b.png", Buffer.from("x"));
  assert.equal(await storage.size("a/b.png"), 1);
  assert.equal((await storage.read("a/b.png")).toString(), "x");
  assert.deepEqual(await collected(storage.list()), [{ name: "a/b.png", size: 1 }]);
  for (const name of ["../b.png", "/etc/b.png", "a/../../b.png", "", "a\0b"])
    await assert.rejects(storage.write(name, Buffer.from("x")), /is not a name inside/);
  await assert.rejects(storage.read("c.png"), /no such file/);
});

test("sources are folders, files, patterns and lists", async (t) => {
  const folder = temporaryFolder(t);
  const file = (name: string): string => join(folder, name);
  writeFiles(folder, {
    ...{ "in/a.jpg": "a", "in/deep/b.png": "b", "in/notes.txt": "", "in/.hidden.jpg": "" },
    "list.jsonl": `{"input": "in/a.jpg"}\n\n{"input": ${JSON.stringify(file("in/notes.txt"))}, "output": "n/n.png"}\n`,
    "list.csv": "\ufeffinput,output\nin/a.jpg,\n../elsewhere/x.png,y.png\n",
    "wrong.jsonl": '{"output": "x"}\n',
    "broken.jsonl": '{"input": "x"}\n{"inp',
  });
  symlinkSync(file("in/a.jpg"), file("in/link.jpg"));
  symlinkSync(file("in"), file("in/loop"));
  const named = async (...inputs: string[]) =>
    (await collected(new Sources(inputs, {}).images())).map(({ name, output }) => output ?? name).sort();
  assert.deepEqual(await named(file("in")), ["a.jpg", "deep/b.png", "link.jpg"]);
  assert.deepEqual(await named(file("in/a.jpg")), ["a.jpg"]);
  assert.deepEqual(await named(file("**/*.png")), ["in/deep/b.png"]);
  assert.deepEqual(await named(file("in/*.{jpg,png}")), ["a.jpg", "link.jpg"]);
  assert.deepEqual(await named(file("list.jsonl")), ["in/a.jpg", "n/n.png"]);
  assert.deepEqual(await named(file("list.csv")), ["in/a.jpg", "y.png"]);
  const [{ location = "" } = {}] = await collected(new Sources([file("list.csv")], {}).images());
  assert.equal((await new Sources([], {}).read(location)).toString(), "a");
  await assert.rejects(named(file("none")), { name: "UserError", message: /no such file or folder/ });
  await assert.rejects(named(file("wrong.jsonl")), /entry 1 of .* is not valid: expected "input"/);
  await assert.rejects(named(file("broken.jsonl")), /line 2 of .* is not JSON/);
});

test("a list of many images does not fill memory", async (t) => {
  const folder = temporaryFolder(t);
  const count = 200_000;
  const lines = Array.from({ length: count }, (_, i) => `{"input": "photos/${i}/image-${i}.jpg"}`);
  writeFiles(folder, { "list.jsonl": lines.join("\n") });
  lines.length = 0;
  let [read, most] = [0, 0];
  const before = process.memoryUsage().heapUsed;
  for await (const { name } of new Sources([join(folder, "list.jsonl")], {}).images()) {
    if (name !== `photos/${read}/image-${read}.jpg`) throw new UserError(`unexpected ${name}`);
    if (++read % 20_000 === 0) most = Math.max(most, process.memoryUsage().heapUsed - before);
  }
  assert.equal(read, count);
  assert.ok(most < 80 * 2 ** 20, `${most} bytes`);
});
