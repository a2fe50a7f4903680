import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { psnr } from "../src/metrics/psnr.js";
import { decodeImage } from "../src/platform/node/codec.js";
import { readModel } from "../src/platform/node/models.js";
import { cardOf } from "../src/processors/card.js";
import { legible } from "../testing/run-command.js";
import { temporaryFolder, writeClassifier, writeLabeledImages } from "../testing/workspace.js";

const workspace = mkdtempSync(join(tmpdir(), "legible-tasks-"));
const at = (...parts: string[]): string => join(workspace, ...parts);
const run = async (...args: string[]): Promise<string> => {
  const { code, out, err } = await legible(args);
  assert.equal(code, 0, err);
  return out;
};

before(async () => {
  await writeLabeledImages(at("training"), 40, 64);
  await writeLabeledImages(at("held-out"), 10, 64, 40);
  await writeLabeledImages(at("odd"), 1, 75, 50);
  await writeClassifier(at("r.onnx"), 64);
});

/** Tasks at scale 1, with the minimum PSNR gain in dB after a few steps. */
const cases = [
  { name: "denoise", flags: ["--sigma", "0.08..0.12"], options: { sigma: [0.08, 0.12] }, gain: 0.7 },
  { name: "jpeg", flags: ["--quality", "10"], options: { quality: 10 }, gain: 1 },
] as const;

for (const { name, flags, options, gain } of cases)
  test(`compact-s learns ${name}: it improves on its input's PSNR and keeps the image size`, async () => {
    const task = ["--task", name, ...flags];
    const settings = ["--steps", "40", "--batch", "4", "--crop", "32", "--lr", "1e-3"];
    const objective = ["--objective", "ra", "--recognizer", at("r.onnx")];
    await run(
      "train",
      ...task,
      ...settings,
      ...objective,
      ...["--processor", "compact-s", "--data", at("training"), "--out", at(name)],
    );
    const model = at(name, "model.onnx");
    const card = cardOf(await readModel(model));
    assert.deepEqual([card?.task, card?.scale, card?.options], [name, 1, options]);

    const json = at(`${name}.json`);
    await run("evaluate", ...task, "--data", at("held-out"), "--processor", `own=${model}`, "--json", json);
    const evaluation = JSON.parse(readFileSync(json, "utf8"));
    assert.deepEqual([evaluation.task, evaluation.options, evaluation.scale], [name, options, 1]);
    const [none, own, original] = evaluation.rows;
    assert.deepEqual([none.processor, own.processor, original.processor], ["none", "own", "clean"]);
    assert.ok(own.psnr > none.psnr + gain, `${own.psnr} dB, input ${none.psnr} dB`);
    assert.deepEqual([original.psnr, original.ssim], [null, 1]);

    const clean = at("odd", "50.png");
    await run("degrade", clean, ...task, "-o", at(name, "degraded.png"));
    await run("enhance", at(name, "degraded.png"), "--model", model, "-o", at(name, "enhanced.png"));
    const image = await decodeImage(clean);
    const degraded = await decodeImage(at(name, "degraded.png"));
    const enhanced = await decodeImage(at(name, "enhanced.png"));
    assert.deepEqual([enhanced.width, enhanced.height], [75, 75]);
    assert.ok(psnr(enhanced, image) > psnr(degraded, image) + gain);
  });

test("the example of a custom task trains a processor that improves on the degraded images", (t) => {
  const example = fileURLToPath(new URL("../examples/02-a-task-of-your-own.js", import.meta.url));
  const { stdout, stderr, status } = spawnSync(process.execPath, [example, temporaryFolder(t), "20"], {
    encoding: "utf8",
  });
  assert.equal(status, 0, stderr);
  const decibels = (row: string) => Number(new RegExp(`^\\| ${row} +\\| +([\\d.]+)`, "m").exec(stdout)?.[1]);
  assert.ok(decibels("trained") > decibels("none") + 1, stdout);
});
