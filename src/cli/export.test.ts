import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { legible } from "../../testing/run-command.js";
import { repositoryPath } from "../../testing/shared.js";
import { temporaryFolder, writeClassifier } from "../../testing/workspace.js";
import { GraphBuilder } from "../onnx/builder.js";
import { float32 } from "../onnx/tensor.js";
import { readModel, writeModel } from "../platform/node/models.js";
import { cardOf } from "../processors/card.js";
import { weightsOf } from "../processors/weights.js";
import { randomAt } from "../random.js";
import { Session } from "../runtime/session.js";

test("an exported processor has no rim on flat images in ONNX Runtime, and a second export adds no second border", async (t) => {
  const folder = temporaryFolder(t);
  const [once, twice] = [join(folder, "once.onnx"), join(folder, "twice.onnx")];
  const { code, err } = await legible(["export", repositoryPath("models/sr-x4-plain.onnx"), "-o", once]);
  assert.equal(code, 0, err);
  assert.match(err, /border: the model mirrors its input by 8 pixels and crops its output/);
  const graph = await readModel(once);
  const session = await Session.create(graph);
  const [height, width] = [7, 21];
  for (const color of [
    [1, 0, 0],
    [1, 1, 1],
    [0, 0, 0],
  ] as const) {
    const flat = Float32Array.from(
      { length: 3 * height * width },
      (_, i) => color[Math.floor(i / (height * width))] ?? 0,
    );
    const { restored } = await session.run({ image: float32(flat, [1, 3, height, width]) });
    assert.deepEqual(restored?.shape, [1, 3, 4 * height, 4 * width]);
    const worst = Array.from(restored?.data as Float32Array, (value, i) =>
      Math.abs(Math.min(Math.max(value, 0), 1) - (color[Math.floor(i / (16 * height * width))] ?? 0)),
    ).reduce((a, b) => Math.max(a, b));
    assert.ok(255 * worst <= 2.5, `${color}: ${255 * worst} levels`); // 13 for red without the border
  }
  await session.release();
  const again = await legible(["export", once, "-o", twice]);
  assert.equal(again.code, 0, again.err);
  assert.doesNotMatch(again.err, /border:/);
  assert.equal((await readModel(twice)).nodes.length, graph.nodes.length);
});

test("a classifier is exported without a border", async (t) => {
  const folder = temporaryFolder(t);
  await writeClassifier(join(folder, "r.onnx"), 32);
  const { code, err } = await legible(["export", join(folder, "r.onnx"), "-o", join(folder, "out.onnx")]);
  assert.equal(code, 0, err);
  assert.doesNotMatch(err, /border:/);
});

test("with --float16 a processor's file is half as large, loads in ONNX Runtime and restores within 0.01 dB", async (t) => {
  const folder = temporaryFolder(t);
  const model = repositoryPath("models/sr-x4-ra.onnx");
  const [single, half] = [join(folder, "single.onnx"), join(folder, "half.onnx")];
  for (const args of [
    [model, "-o", single],
    [model, "--float16", "-o", half],
  ]) {
    const { code, err } = await legible(["export", ...args]);
    assert.equal(code, 0, err);
  }
  const ratio = statSync(half).size / statSync(single).size;
  assert.ok(ratio > 0.5 && ratio < 0.52, `${ratio}`);
  const [before, after] = [await readModel(single), await readModel(half)];
  assert.deepEqual(cardOf(after), cardOf(await readModel(model)));
  assert.deepEqual(after.notes, before.notes);
  assert.deepEqual(weightsOf(after), weightsOf(before));
  const [height, width] = [40, 52];
  const random = randomAt(5);
  const clean = Float32Array.from({ length: 3 * height * width }, (_, i) => {
    return 0.5 + 0.3 * Math.sin((i % width) / 3) * Math.cos(i / width / 4) + 0.1 * random.uniform();
  });
  const restored = await Promise.all(
    [single, half].map(async (file) => {
      const session = await InferenceSession.create(file);
      const { restored } = await session.run({ image: new Tensor("float32", clean, [1, 3, height, width]) });
      await session.release();
      return restored?.data as Float32Array;
    }),
  );
  const [one = new Float32Array(), other = new Float32Array()] = restored;
  const error = one.reduce((sum, value, i) => sum + (value - (other[i] as number)) ** 2, 0) / one.length;
  // An image restored at 30 dB, far above super-resolution, loses 0.01 dB if an independent error of 56.4 dB is added.
  assert.ok(10 * Math.log10(1 / error) > 56.4, `${10 * Math.log10(1 / error)} dB`);
});

test("--float16 names the weights that half precision cannot hold", async (t) => {
  const folder = temporaryFolder(t);
  const b = new GraphBuilder("large");
  const weight = Float32Array.from({ length: 3 * 3 * 9 }, (_, i) => (i === 0 ? 1e5 : 0.01));
  b.output("y", b.Conv(b.input("x", ["N", 3, 8, 8]), b.initializer("w", float32(weight, [3, 3, 3, 3]))));
  await writeModel(b.build(), join(folder, "large.onnx"));
  const args = ["export", join(folder, "large.onnx"), "--float16", "-o", join(folder, "half.onnx")];
  const { code, err } = await legible(args);
  assert.equal(code, 0, err);
  assert.match(err, /stored in float32, because half precision cannot hold them: w\n/);
});
