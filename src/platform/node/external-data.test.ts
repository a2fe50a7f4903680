import assert from "node:assert/strict";
import { closeSync, existsSync, openSync, statSync, truncateSync, writeFileSync, writeSync } from "node:fs";
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
  ["in a folder", { location: "." }, /keeps its weights in \., which is not beside it/],
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

test("a graph in a temporary file with its weights beside it runs, and the file is removed afterwards", async () => {
  const session = await withModelFile(sample(), async (path) => {
    assert.equal(statSync(`${path}.data`).size, 1200);
    return Object.assign(await Session.create(path), { path });
  });
  const { y } = await session.run({ x: float32(new Float32Array(300)) });
  assert.deepEqual(y && toNumbers(y), [...weights]);
  assert.ok(!existsSync(session.path));
});
