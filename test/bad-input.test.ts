import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { before, type TestContext, test } from "node:test";
import { writeModel } from "../src/platform/node/models.js";
import { legible } from "../testing/run-command.js";
import {
  type CommandResult,
  enlarging,
  temporaryFolder,
  writeClassifier,
  writeLabeledImages,
} from "../testing/workspace.js";

const workspace = mkdtempSync(join(tmpdir(), "legible-bad-"));
const data = join(workspace, "data");
const classifier = join(workspace, "classifier.onnx");
const x4 = join(workspace, "x4.onnx");

before(async () => {
  await writeLabeledImages(data, 8, 48);
  await writeClassifier(classifier, 32);
  await writeModel(enlarging(4), x4);
});

const training = (...args: string[]) => [
  "train",
  "--processor",
  "compact-s",
  "--steps",
  "2",
  "--batch",
  "2",
  "--crop",
  "32",
  ...args,
];

/** Asserts exit code 1 and the expected message without a stack trace. */
function refused({ code, err }: CommandResult, expected: RegExp): void {
  assert.equal(code, 1, err);
  assert.match(err, expected);
  assert.doesNotMatch(err, /\n\s+at |should not happen/);
}

const cases: [string, (t: TestContext) => Promise<string[]>, RegExp][] = [
  [
    "a missing recognizer",
    async (t) =>
      training("--objective", "ra", "--recognizer", "nowhere.onnx", "--data", data, "--out", temporaryFolder(t)),
    /cannot read the model nowhere\.onnx: no such file/,
  ],
  [
    "a missing training folder",
    async (t) => training("--data", join(workspace, "nowhere"), "--out", temporaryFolder(t)),
    /nowhere/,
  ],
  [
    "a folder without images",
    async (t) => training("--data", temporaryFolder(t), "--out", temporaryFolder(t)),
    /it contains no image/,
  ],
  [
    "a missing image to enhance",
    async (t) => ["enhance", join(workspace, "nowhere.png"), "--model", x4, "-o", temporaryFolder(t)],
    /nowhere\.png/,
  ],
  ["a missing processor", async () => ["evaluate", "--data", data, "--processor", "a=nowhere.onnx"], /nowhere\.onnx/],
  [
    "--scale 3 with a model that enlarges by 4 (enhance)",
    async (t) => ["enhance", join(data, "0.png"), "--scale", "3", "--model", x4, "-o", temporaryFolder(t)],
    /--scale 3.*x4/,
  ],
  [
    "--scale 3 with a model that enlarges by 4 (evaluate)",
    async () => ["evaluate", "--scale", "3", "--data", data, "--processor", `a=${x4}`],
    /cannot use a .*scale 3: its scale is 4/,
  ],
  [
    "an output folder that cannot be created",
    async () => training("--data", data, "--out", join(data, "0.png", "run")),
    /cannot create the folder/,
  ],
  [
    "an output that cannot be written (enhance)",
    async () => ["enhance", join(data, "0.png"), "--model", x4, "-o", join(data, "labels.csv", "out")],
    /labels\.csv/,
  ],
  [
    "the objective ra without a recognizer",
    async (t) => training("--objective", "ra", "--data", data, "--out", temporaryFolder(t)),
    /needs a recognizer/,
  ],
  [
    "a recognizer without its sidecar",
    async (t) => {
      const path = join(temporaryFolder(t), "bare.onnx");
      writeFileSync(path, readFileSync(classifier));
      return training("--objective", "ra", "--recognizer", path, "--data", data, "--out", temporaryFolder(t));
    },
    /preprocessing of .*bare\.onnx is unknown/,
  ],
  [
    "a truncated ONNX file",
    async (t) => {
      const path = join(temporaryFolder(t), "classifier.onnx");
      const bytes = readFileSync(classifier);
      writeFileSync(path, bytes.subarray(0, bytes.length / 2));
      return training("--objective", "ra", "--recognizer", path, "--data", data, "--out", temporaryFolder(t));
    },
    /is not a complete ONNX file|is a damaged ONNX file/,
  ],
  [
    "a recognizer with an operator that has no gradient",
    async (t) => {
      const path = join(temporaryFolder(t), "odd.onnx");
      await writeClassifier(path, 32, (b, x) =>
        b.Mul(x, b.Reshape(b.add("Det", [b.Slice(x, [2, 3], [0, 0], [2, 2])]), [-1, 8, 1, 1])),
      );
      return training("--objective", "ra", "--recognizer", path, "--data", data, "--out", temporaryFolder(t));
    },
    /cannot differentiate .*operator Det \(node ".*", reached from the loss through .*\) has no gradient/,
  ],
  [
    "a labels.csv without the required columns",
    async (t) => {
      const folder = temporaryFolder(t);
      await writeLabeledImages(folder, 2, 48);
      writeFileSync(join(folder, "labels.csv"), "name,thing\n0.png,1\n");
      return training("--objective", "ra", "--recognizer", classifier, "--data", folder, "--out", temporaryFolder(t));
    },
    /labels\.csv.*(file|class_index)/,
  ],
];

for (const [name, command, expected] of cases)
  test(`${name} is refused with a clear message and exit code 1`, async (t) =>
    refused(await legible(await command(t)), expected));

test("unreadable images in a training folder are skipped, counted and listed", async (t) => {
  const [folder, out] = [temporaryFolder(t), temporaryFolder(t)];
  await writeLabeledImages(folder, 6, 48);
  truncateSync(join(folder, "3.png"), 200);
  writeFileSync(join(folder, "4.png"), "not an image");
  const result = await legible(training("--data", folder, "--out", join(out, "run"), "--steps", "6"));
  assert.equal(result.code, 2, result.err);
  assert.match(result.err, /left out .*3\.png/);
  assert.match(result.err, /left out .*4\.png/);
  assert.match(result.err, /2 images could not be read/);
});

test("a second run in the same folder is refused without --resume, and with --resume if a setting differs", async (t) => {
  const out = join(temporaryFolder(t), "run");
  assert.equal((await legible(training("--data", data, "--out", out))).code, 0);
  refused(await legible(training("--data", data, "--out", out)), /already holds a run: set --resume to continue it/);
  refused(
    await legible(training("--data", data, "--out", out, "--resume", "--seed", "7")),
    /started with --seed 0, not 7/,
  );
});

test("--resume without settings is refused where there is no run", async (t) => {
  const out = join(temporaryFolder(t), "run");
  for (const command of ["train", "train-recognizer"])
    refused(await legible([command, "--resume", "--out", out]), /cannot resume .*run: it holds no run$/m);
});
