import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { patterned } from "../../testing/patterned.js";
import { legible } from "../../testing/run-command.js";
import { repositoryPath } from "../../testing/shared.js";
import { temporaryFolder, writeFiles, writeLabeledImages } from "../../testing/workspace.js";
import { findNetwork } from "../networks/index.js";
import { decodeImage } from "../platform/node/codec.js";
import { readModel, writeModel } from "../platform/node/models.js";
import { openProcessor } from "../processors/open.js";

test("with --int8 a processor's file is a third as large, and its results differ by about two levels", async (t) => {
  const folder = temporaryFolder(t);
  const [model, out, data] = [join(folder, "s.onnx"), join(folder, "int8.onnx"), join(folder, "data")];
  await writeModel(patterned(findNetwork("pyramid-s", 1).build(1, 0)), model);
  await writeLabeledImages(data, 4, 48);
  const { code, err } = await legible(["export", model, "--int8", "--calibrate", data, "-o", out]);
  assert.equal(code, 0, err);
  assert.ok(statSync(out).size < statSync(model).size / 2.5);
  const types = [...(await readModel(out)).initializers.values()].map(({ type }) => type);
  assert.ok(types.includes("int8") && types.includes("int32"));
  const images = [await decodeImage(join(data, "0.png"))];
  const task = { name: "denoise", scale: 1 };
  const [[float], [bytes]] = [
    await (await openProcessor(model)).restore(images, task),
    await (await openProcessor(out)).restore(images, task),
  ];
  const differences = (float?.data ?? new Uint8Array()).map((value, i) => Math.abs(value - (bytes?.data[i] as number)));
  const mean = differences.reduce((sum, value) => sum + value, 0) / differences.length;
  assert.ok(mean > 0 && mean < 3, `${mean} levels on average`);
});

test("an image that cannot be read is left out of the calibration, listed and counted; without any other, export is refused", async (t) => {
  const folder = temporaryFolder(t);
  const [model, out, data] = [join(folder, "s.onnx"), join(folder, "int8.onnx"), join(folder, "data")];
  await writeModel(patterned(findNetwork("pyramid-s", 1).build(1, 0)), model);
  await writeLabeledImages(data, 3, 48);
  const png = readFileSync(join(data, "0.png"));
  writeFiles(folder, { "data/0.png": png.subarray(0, 40), "broken/a.png": png.subarray(0, 40) });
  const words = ["export", model, "--int8", "-o", out, "--calibrate"];
  const { code, err } = await legible([...words, data]);
  assert.equal(code, 2, err);
  assert.match(err, /left out .*0\.png: .+\n1 image could not be read/);
  const allowed = await legible([...words, data, "--allow-failures", "1"]);
  assert.equal(allowed.code, 0, allowed.err);
  const types = [...(await readModel(out)).initializers.values()].map(({ type }) => type);
  assert.ok(types.includes("int8"));
  const refused = await legible([...words, join(folder, "broken")]);
  assert.equal(refused.code, 1);
  assert.match(refused.err, /cannot calibrate with .*broken: .*a\.png/);
});

test("export with --int8 alone is refused", async (t) => {
  const args = [repositoryPath("models/sr-x4-ra.onnx"), "--int8", "-o", join(temporaryFolder(t), "out.onnx")];
  const { code, err } = await legible(["export", ...args]);
  assert.notEqual(code, 0);
  assert.match(err, /--int8 and --calibrate go together/);
});
