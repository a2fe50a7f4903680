import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { scoresOf } from "../../testing/scores.js";
import { temporaryFolder, writeClassifier } from "../../testing/workspace.js";
import { GraphBuilder } from "../onnx/builder.js";
import { float32, type Tensor } from "../onnx/tensor.js";
import { writeModel } from "../platform/node/models.js";
import { Session } from "../runtime/session.js";
import { fitRecognizer } from "./fit.js";
import { readRecognizer } from "./recognizer.js";

/** A network whose output is its input, which shows the preprocessing. Its size is fixed to 2x2 pixels. */
async function writeMirror(path: string, input: object): Promise<void> {
  const b = new GraphBuilder("mirror");
  const nhwc = "layout" in input && input.layout === "NHWC";
  const x = b.input("x", nhwc ? ["N", 2, 2, 3] : ["N", 3, 2, 2]);
  b.output("y", b.MatMul(b.Reshape(x, [-1, 12]), b.constant(identity(12))), ["N", 12]);
  await writeModel(b.build(), path);
  writeFileSync(path.replace(/onnx$/, "json"), JSON.stringify({ input: { size: 2, ...input } }));
}

const identity = (n: number): Tensor =>
  float32(
    Float32Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? 1 : 0)),
    [n, n],
  );

const image = Float32Array.from({ length: 12 }, (_, i) => i / 12);
const at = (channel: number, pixel: number) => (channel * 4 + pixel) / 12;

test("mean and standard deviation are applied per channel", async (t) => {
  const path = join(temporaryFolder(t), "mirror.onnx");
  await writeMirror(path, { mean: [0.1, 0.2, 0.3], std: [1, 2, 4] });
  const seen = await scoresOf(path, {}, image);
  for (const pixel of [0, 1, 2, 3]) {
    assert.ok(Math.abs((seen[pixel] as number) - (at(0, pixel) - 0.1)) < 1e-6);
    assert.ok(Math.abs((seen[8 + pixel] as number) - (at(2, pixel) - 0.3) / 4) < 1e-6);
  }
});

test("a sidecar with NHWC and BGR gives that input", async (t) => {
  const path = join(temporaryFolder(t), "mirror.onnx");
  await writeMirror(path, { layout: "NHWC", channels: "BGR" });
  const seen = await scoresOf(path, {}, image);
  const expected = [0, 1, 2, 3].flatMap((pixel) => [2, 1, 0].map((channel) => at(channel, pixel)));
  for (const [i, value] of expected.entries()) assert.ok(Math.abs((seen[i] as number) - value) < 1e-6);
});

test("settings override the sidecar", async (t) => {
  const path = join(temporaryFolder(t), "mirror.onnx");
  await writeMirror(path, { mean: [0.5, 0.5, 0.5] });
  const seen = await scoresOf(path, { mean: [0, 0, 0] }, image);
  assert.ok(Math.abs((seen[11] as number) - 11 / 12) < 1e-6);
});

test("a recognizer gets crops of its own size unchanged, smaller ones at their size if its graph accepts it, and larger ones resized", async (t) => {
  const path = join(temporaryFolder(t), "classifier.onnx");
  await writeClassifier(path, 32);
  const model = await readRecognizer(path);
  assert.equal((await fitRecognizer(model, 2, 32)).view, "native");
  assert.equal((await fitRecognizer(model, 2, 20)).view, "crop");
  assert.equal((await fitRecognizer(model, 2, 48)).view, "resized");
});

test("a recognizer of a fixed size gets other crops resized", async (t) => {
  const path = join(temporaryFolder(t), "mirror.onnx");
  await writeMirror(path, {});
  const { graph, view } = await fitRecognizer(await readRecognizer(path), 2, 8);
  assert.equal(view, "resized");
  const session = await Session.create(graph);
  const flat = float32(new Float32Array(2 * 3 * 8 * 8).fill(0.25), [2, 3, 8, 8]);
  const { logits } = await session.run({ image: flat });
  assert.deepEqual(logits?.shape, [2, 12]);
  for (const value of logits?.data ?? []) assert.ok(Math.abs(Number(value) - 0.25) < 1e-6);
});

test("the learned classes of a recognizer come from its sidecar and must be class numbers", async (t) => {
  const path = join(temporaryFolder(t), "net.onnx");
  await writeClassifier(path, 32);
  assert.equal((await readRecognizer(path)).learned, undefined);
  const say = (learned: unknown) =>
    writeFileSync(path.replace(/onnx$/, "json"), JSON.stringify({ input: { size: 32 }, learned }));
  say([1]);
  assert.deepEqual((await readRecognizer(path)).learned, new Set([1]));
  say(["cat"]);
  await assert.rejects(readRecognizer(path), /`learned` in .*net\.json is not a list of classes/);
});
