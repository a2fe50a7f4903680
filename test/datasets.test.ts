import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readModel } from "../src/platform/node/models.js";
import { cardOf } from "../src/processors/card.js";
import { legible } from "../testing/run-command.js";
import { temporaryFolder, writeFiles } from "../testing/workspace.js";

const QUICK = ["--processor", "compact-s", "--steps", "2", "--batch", "2", "--crop", "32", "--threads", "1"];

test("config, card and results record the split and classes that training and evaluation used", async (t) => {
  const folder = temporaryFolder(t);
  const [set, run, json] = ["set", "run", "results.json"].map((name) => join(folder, name)) as [string, string, string];
  const synthesized = await legible(["synthesize", "-o", set, "--count", "40", "--classes", "4", "--boxes"]);
  assert.deepEqual([synthesized.code, synthesized.out], [0, `40 images of 4 classes in ${set}\n`]);
  const again = await legible(["synthesize", "-o", set, "--count", "40"]);
  assert.deepEqual([again.code, again.out], [1, ""]);
  assert.match(again.err, /^legible: cannot synthesize into .*set: it holds another set/);

  const selected = ["--data", set, "--classes", "0-1", "--split", "0.5"];
  const trained = await legible(["train", ...selected, ...QUICK, "--out", run]);
  assert.equal(trained.code, 0, trained.err);
  const [, count] =
    /images +(\d+) in .*set \(train part; split 0\.5 with seed 0; classes 0-1\)/.exec(trained.err) ?? [];
  const { settings, config } = JSON.parse(readFileSync(join(run, "config.json"), "utf8"));
  assert.deepEqual([settings.classes, settings.split, config.data.count], ["0-1", 0.5, Number(count)]);
  const model = join(run, "model.onnx");
  assert.deepEqual(cardOf(await readModel(model))?.data, {
    folders: ["set"],
    selection: "train part; split 0.5 with seed 0; classes 0-1",
    count: Number(count),
  });
  const resumed = await legible(["train", "--resume", "--out", run]);
  assert.equal(resumed.code, 0, resumed.err);
  const other = await legible(["train", "--resume", "--out", run, "--classes", "0-2"]);
  const refusal = new RegExp(`cannot resume .*: it was started with ${count} images of --data, but there are \\d+ now`);
  assert.match(other.err, refusal);

  const evaluated = await legible([
    "evaluate",
    ...selected,
    "--processor",
    `p=${model}`,
    "--json",
    json,
    "--threads",
    "1",
  ]);
  assert.equal(evaluated.code, 0, evaluated.err);
  const { data } = JSON.parse(readFileSync(json, "utf8"));
  assert.equal(data.selection, "test part; split 0.5 with seed 0; classes 0-1");
  assert.equal(data.count + Number(count), 20);
});

test("training and evaluation read CIFAR-10 from its folder", async (t) => {
  const folder = temporaryFolder(t);
  const record = (label: number) => [label, ...Array.from({ length: 3072 }, (_, i) => (i * (label + 3)) % 256)];
  const batches = Object.fromEntries([1, 2, 3, 4, 5].map((i) => [`data_batch_${i}.bin`, Uint8Array.from(record(i))]));
  writeFiles(folder, { ...batches, "test_batch.bin": Uint8Array.from([...record(7), ...record(8)]) });
  const trained = await legible(["train", "--data", folder, ...QUICK, "--out", join(folder, "run")]);
  assert.equal(trained.code, 0, trained.err);
  assert.match(trained.err, /images +5 in .* \(train part\)/);
  const evaluated = await legible(["evaluate", "--data", folder, "--threads", "1"]);
  assert.match(evaluated.err, /images +2 of 2 in .* \(test part\)/);
  assert.equal(evaluated.code, 0, evaluated.err);
  const none = await legible(["evaluate", "--data", folder, "--classes", "0-6", "--threads", "1"]);
  assert.deepEqual([none.code, none.out], [1, ""]);
  assert.match(none.err, /^legible: cannot select images from .*: none matches test part; classes 0-6\n$/);
});
