import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { repositoryPath } from "../../testing/shared.js";
import { legible, temporaryFolder, writeClassifier } from "../../testing/workspace.js";
import { float32 } from "../onnx/tensor.js";
import { readModel } from "../platform/node/models.js";
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
