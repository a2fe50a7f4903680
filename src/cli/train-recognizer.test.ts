import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { legible } from "../../testing/run-command.js";
import { legibleProcess, temporaryFolder, writeLabeledImages } from "../../testing/workspace.js";

const ground = mkdtempSync(join(tmpdir(), "legible-train-recognizer-"));
const data = join(ground, "data");
const one = join(ground, "one");
const nameless = join(ground, "nameless");

before(async () => {
  await writeLabeledImages(data, 12, 32);
  await writeLabeledImages(one, 4, 32);
  writeFileSync(join(one, "labels.csv"), "file,class_index\n0.png,3\n1.png,3\n2.png,3\n3.png,3\n");
  await writeLabeledImages(nameless, 4, 32);
  rmSync(join(nameless, "labels.csv"));
});
after(() => rmSync(ground, { recursive: true }));

const command = (out: string, ...more: string[]) => [
  ...["train-recognizer", "--network", "small-vgg", "--size", "32", "--batch", "4", "--threads", "1", "--data", data],
  ...["--out", out, "--steps", ...(more.length > 0 ? more : ["4"])],
];

test("a run reports what it trains and its accuracy on held-out images, and prints the path of the model", async (t) => {
  const out = join(temporaryFolder(t), "run");
  const result = await legible(command(out, "6", "--split", "0.75"));
  assert.equal(result.code, 0, result.err);
  assert.match(
    result.err,
    /training small-vgg on cpu, [\d,]+ weights\n.*6, batch 4, 32 x 32 pixels\n.*\d for training, \d held out; 2 classes/,
  );
  const [, heldOut] = /, (\d) held out/.exec(result.err) ?? [];
  assert.match(result.err, new RegExp(`top-1 on ${heldOut} held-out images: [\\d.]+ % \\[[\\d.]+, [\\d.]+\\]`));
  assert.equal(result.out.trim(), join(out, "model.onnx"));
  const { accuracy, input } = JSON.parse(readFileSync(join(out, "model.json"), "utf8"));
  assert.deepEqual([accuracy.count, input.size], [Number(heldOut), 32]);
  const again = await legible(command(out, "6", "--split", "0.75"));
  assert.equal(again.code, 1);
  assert.match(again.err, /already holds a run: set --resume to continue it/);
});

test("Ctrl-C writes a checkpoint and prints how to resume", async (t) => {
  const out = join(temporaryFolder(t), "run");
  const { code, err } = await legibleProcess(command(out, "100000"), { signal: "SIGINT", when: /"step":50/ });
  assert.equal(code, 130, err);
  assert.match(err, /interrupted after step \d+ of 100000; rerun with --resume to continue/);
  assert.ok(readFileSync(join(out, "checkpoint.safetensors")).length > 0);
});

const refusals: Readonly<Record<string, [flags: string[], expected: RegExp]>> = {
  "images without classes": [["4", "--data", nameless], /4 of 16 images have none/],
  "a network that does not exist": [
    ["4", "--network", "alexnet"],
    /cannot build recognizer "alexnet": unknown network; give one of resnet, vgg/,
  ],
  "a size that does not fit the network": [
    ["4", "--network", "vit", "--size", "60"],
    /size.? 60 is not a multiple of the patch size 8/,
  ],
  "a learning rate of 0": [["4", "--lr", "0"], /--lr must be above 0/],
  "a crop above 1": [["4", "--crop", "2"], /--crop must be from 0\.05 to 1/],
  "a smoothing of 1": [["4", "--smoothing", "1"], /--smoothing must be 0 or more and below 1/],
};

for (const [what, [flags, expected]] of Object.entries(refusals))
  test(`${what}: the error is one clear sentence`, async (t) => {
    const { code, err } = await legible(command(join(temporaryFolder(t), "run"), ...flags));
    assert.equal(code, 1, err);
    assert.match(err, expected);
    assert.doesNotMatch(err, /\n\s+at |should not happen/);
  });

test("images of a single class and the folder of another kind of run are refused in one clear sentence", async (t) => {
  const out = temporaryFolder(t);
  const flags = ["--network", "small-vgg", "--size", "32", "--steps", "4", "--out", out];
  const alone = await legible(["train-recognizer", "--data", one, ...flags]);
  assert.match(alone.err, /all 4 training images in .* have the same class/);
  mkdirSync(out, { recursive: true });
  writeFileSync(join(out, "config.json"), '{"task": "sr"}');
  const other = await legible(["train-recognizer", "--data", data, ...flags, "--resume"]);
  assert.match(other.err, /its config\.json is not that of a training run/);
  assert.deepEqual([alone.code, other.code], [1, 1]);
});
