import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  renameSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { temporaryFolder } from "../../../testing/workspace.js";
import { GraphBuilder } from "../../onnx/builder.js";
import { encodeModel } from "../../onnx/encode.js";
import { ModelMessage, type ModelMessageShape } from "../../onnx/schema.js";
import { float32, toNumbers } from "../../onnx/tensor.js";
import { Session } from "../../runtime/session.js";
import { readModel, withModelFile } from "./models.js";

const weights = Float32Array.from({ length: 300 }, (_, i) => i / 8);

/** y = x + w */
function sample() {
  const b = new GraphBuilder("sample");
  b.output("y", b.Add(b.input("x", [300]), b.initializer("w", float32(weights))));
  return b.build();
}

/** The sample with w kept outside, as these fields say. */
function writeReferring(t: TestContext, fields: Readonly<Record<string, string>>): string {
  const path = join(temporaryFolder(t), "model.onnx");
  const message = ModelMessage.decode(encodeModel(sample())) as unknown as ModelMessageShape;
  const w = message.graph?.initializer[0];
  assert.ok(w);
  delete w.rawData;
  w.dataLocation = 1;
  w.externalData = Object.entries(fields).map(([key, value]) => ({ key, value }));
  writeFileSync(path, ModelMessage.encode(message as object).finish());
  return path;
}

const bytes = Buffer.from(weights.buffer);

test("a weight beyond the second gigabyte of a file is read", async (t) => {
  const offset = 2 ** 31 + 4096;
  const path = writeReferring(t, { location: "w.bin", offset: String(offset), length: "1200" });
  const data = join(path, "..", "w.bin");
  writeFileSync(data, "");
  truncateSync(data, offset + 5000);
  const file = openSync(data, "r+");
  writeSync(file, bytes, 0, bytes.length, offset);
  closeSync(file);
  assert.ok(statSync(data).size > 2 ** 31);
  assert.deepEqual((await readModel(path)).initializers.get("w")?.data, weights);
});

test("offset and length may be left out", async (t) => {
  const path = writeReferring(t, { location: "w.bin" });
  writeFileSync(join(path, "..", "w.bin"), Buffer.concat([bytes, Buffer.alloc(10)]));
  assert.deepEqual((await readModel(path)).initializers.get("w")?.data, weights);
});

const refused: [string, Record<string, string>, RegExp][] = [
  ["too long", { length: "1204" }, /"w" has 1200 bytes, but the model declares 1204/],
  ["no number", { length: "many" }, /"w" has 1200 bytes, but the model declares many/],
  ["behind the end", { offset: "100" }, /is declared at byte 100 of w\.bin with 1200 bytes; that file has 1200 bytes/],
  ["before the beginning", { offset: "-4" }, /is declared at byte -4 of w\.bin/],
  ["not a place", { offset: "x" }, /is declared at byte x of w\.bin/],
  ["outside the folder", { location: "../w.bin" }, /refers to weights outside its folder: \.\.\/w\.bin/],
  ["at the root", { location: "/etc/hostname" }, /refers to weights outside its folder/],
  ["nowhere", { location: "other.bin" }, /keeps its weights in other\.bin, which is not beside it/],
  ["in a folder", { location: "." }, /keeps its weights in \., which is not a regular file beside it/],
  ["in no file", { location: "" }, /keeps its weights in a file without a name/],
];

for (const [name, fields, expected] of refused)
  test(`external data that is ${name} is refused in one sentence`, async (t) => {
    const path = writeReferring(t, { location: "w.bin", ...fields });
    writeFileSync(join(path, "..", "w.bin"), bytes);
    await assert.rejects(readModel(path), (error: Error) => {
      assert.equal(error.name, "UserError", error.stack);
      assert.match(error.message, expected);
      return true;
    });
  });

/** Asserts one sentence for users. */
const refusedWith = (path: string, expected: RegExp) =>
  assert.rejects(readModel(path), (error: Error) => {
    assert.equal(error.name, "UserError", error.stack);
    assert.match(error.message, expected);
    return true;
  });

/** The model in `models/` beside a file `secret/w.bin` that it must not reach. */
function besideSecret(t: TestContext, location: string): { readonly folder: string; readonly path: string } {
  const written = writeReferring(t, { location });
  const root = join(written, "..");
  for (const name of ["models", "secret"]) mkdirSync(join(root, name));
  writeFileSync(join(root, "secret", "w.bin"), bytes);
  const path = join(root, "models", "model.onnx");
  renameSync(written, path);
  return { folder: join(root, "models"), path };
}

test("weights behind a link that leaves the model's folder are refused, and the target is named", async (t) => {
  const { folder, path } = besideSecret(t, "link.bin");
  symlinkSync("../secret/w.bin", join(folder, "link.bin"));
  await refusedWith(path, /refers to weights outside its folder: link\.bin, a link to .*secret.w\.bin/);
});

test("weights behind a linked folder, a chain of links or an absolute link are refused", async (t) => {
  for (const [location, links] of [
    ["sub/w.bin", { sub: "../secret" }],
    ["a.bin", { "a.bin": "b.bin", "b.bin": "../secret/w.bin" }],
    ["sub/link.bin", { sub: "../secret/..", "../link.bin": "secret/w.bin" }],
  ] as const) {
    const { folder, path } = besideSecret(t, location);
    for (const [name, target] of Object.entries(links)) symlinkSync(target, join(folder, name));
    await refusedWith(path, /refers to weights outside its folder/);
  }
  const { folder, path } = besideSecret(t, "w.bin");
  symlinkSync(join(folder, "..", "secret", "w.bin"), join(folder, "w.bin"));
  await refusedWith(path, /refers to weights outside its folder/);
});

test("weights behind a link inside the model's folder, and a model opened through links, are read", async (t) => {
  const { folder, path } = besideSecret(t, "data/w.bin");
  mkdirSync(join(folder, "real"));
  writeFileSync(join(folder, "real", "w.bin"), bytes);
  symlinkSync("real", join(folder, "data"));
  const root = join(folder, "..");
  symlinkSync("models", join(root, "linked"));
  symlinkSync("models/model.onnx", join(root, "alias.onnx"));
  for (const each of [path, join(root, "linked", "model.onnx"), join(root, "alias.onnx")])
    assert.deepEqual((await readModel(each)).initializers.get("w")?.data, weights);
});

/** A cache as that of Hugging Face: contents in blobs, links to them in a snapshot. */
function inCache(t: TestContext, target: string): string {
  const written = writeReferring(t, { location: "w.bin" });
  const root = join(written, "..");
  const snapshot = join(root, "models--a--b", "snapshots", "0f3a", "onnx");
  const blobs = join(root, "models--a--b", "blobs");
  for (const each of [snapshot, blobs, join(root, "models--c--d", "blobs")]) mkdirSync(each, { recursive: true });
  renameSync(written, join(blobs, "aaa"));
  for (const each of ["models--a--b", "models--c--d"]) writeFileSync(join(root, each, "blobs", "bbb"), bytes);
  writeFileSync(join(root, "models--a--b", "private"), bytes);
  symlinkSync("../../../blobs/aaa", join(snapshot, "model.onnx"));
  symlinkSync(target, join(snapshot, "w.bin"));
  return join(snapshot, "model.onnx");
}

test("links of a model cache to its blobs are followed, and a note says so", async (t) => {
  const { initializers, notes = [] } = await readModel(inCache(t, "../../../blobs/bbb"));
  assert.deepEqual(initializers.get("w")?.data, weights);
  assert.match(notes.join(), /read through the links of the model cache .*models--a--b$/);
});

test("links of a model cache to another cache, or to other files of its root, are refused", async (t) => {
  await refusedWith(inCache(t, "../../../../models--c--d/blobs/bbb"), /refers to weights outside its folder/);
  await refusedWith(inCache(t, "../../../private"), /refers to weights outside its folder/);
});

const onPosix = process.platform === "win32" ? "no FIFO on Windows" : false;

test("weights in a FIFO or a device are refused without waiting", { skip: onPosix, timeout: 5000 }, async (t) => {
  const { folder, path } = besideSecret(t, "w.bin");
  execFileSync("mkfifo", [join(folder, "w.bin")]);
  await refusedWith(path, /keeps its weights in w\.bin, which is not a regular file beside it/);
});

test("a graph in a temporary file with its weights beside it runs, and the file is removed afterwards", async () => {
  const session = await withModelFile(sample(), async (path) => {
    assert.equal(statSync(`${path}.data`).size, 1200);
    return Object.assign(await Session.create(path), { path });
  });
  const { y } = await session.run({ x: float32(new Float32Array(300)) });
  assert.deepEqual(y && toNumbers(y), [...weights]);
  assert.ok(!existsSync(session.path));
});
