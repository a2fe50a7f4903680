import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { legible } from "../../testing/run-command.js";
import {
  legibleProcess,
  temporaryFolder,
  writeClassifier,
  writeFiles,
  writeLabeledImages,
} from "../../testing/workspace.js";

const failing: readonly (readonly [string, readonly string[], RegExp])[] = [
  ["a missing file", ["inspect", "none.onnx", "--json"], /none\.onnx/],
  ["a setting out of range", ["enhance", "a.png", "-o", "b", "--tile", "4", "--json"], /--tile must be 32 or more/],
  ["an unknown flag", ["enhance", "a.png", "--jsno", "--json"], /unknown option '--jsno'/],
  ["an unknown command", ["enhnace", "--json"], /unknown command 'enhnace'/],
  ["help for an unknown command", ["help", "enhnace", "--json"], /unknown command 'enhnace'/],
  ["the help flag of an unknown command", ["enhnace", "--help", "--json"], /unknown command 'enhnace'/],
  ["the help flag of an unknown command of a group", ["study", "paln", "-h", "--json"], /unknown command 'paln'/],
];
for (const [name, args, message] of failing)
  test(`with --json, ${name} is an error as JSON on standard output and as text on standard error`, async () => {
    const { code, out, err } = await legibleProcess(args);
    assert.equal(code, 1, err);
    const { error } = JSON.parse(out) as { error: string };
    assert.match(error, message);
    assert.ok(err.startsWith(`legible: ${error}`), err);
  });

test("without --json, an error leaves standard output empty", async () => {
  const { code, out, err } = await legibleProcess(["inspect", "none.onnx"]);
  assert.deepEqual([code, out], [1, ""]);
  assert.match(err, /^legible: .*none\.onnx/);
});

test("help is given for the program, a group and a command, before and behind the name", async () => {
  const [program, group, plan, asCommand] = await Promise.all(
    [["--help"], ["study", "--help"], ["study", "plan", "--help"], ["help", "study", "plan"]].map((words) =>
      legibleProcess(words),
    ),
  );
  assert.match(program?.out ?? "", /^ {2}enhance +enlarge and restore image files/m);
  assert.match(group?.out ?? "", /^ {2}plan +compute how many participants/m);
  assert.match(plan?.out ?? "", /Usage: legible study plan \[options\].*--config <file>.*Examples:/s);
  assert.equal(asCommand?.out, plan?.out);
});

test("the help lists the exit codes", async () => {
  const { out } = await legibleProcess(["--help"]);
  for (const line of [/^ {2}0 +done/m, /^ {2}1 +an error/m, /^ {2}2 +finished/m, /^ {2}130 /m, /^ {2}143 /m])
    assert.match(out, line);
});

const steps = ["--steps", "2", "--batch", "4", "--crop", "32"];
const processing = [...steps, "--processor", "compact-s"];

/** Commands that continue without the images that they cannot use. */
const commandsWithFailures: Record<string, (at: (name: string) => string) => string[]> = {
  degrade: (at) => [at("data"), "-o", at("out")],
  enhance: (at) => [at("data"), "-o", at("out")],
  evaluate: (at) => ["--data", at("data")],
  train: (at) => ["--data", at("data"), ...processing, "--out", at("out"), "--resume"],
  "train-recognizer": (at) => [
    ...["--data", at("data"), "--network", "small-vgg", "--size", "32", "--batch", "4", "--steps", "2"],
    ...["--out", at("out"), "--resume"],
  ],
  sweep: (at) => [
    ...["--data", at("data"), "--evaluate", at("data"), "--lambda", "1e-3", "--objective", "ra"],
    ...["--recognizer", at("r.onnx"), ...processing, "--out", at("out")],
  ],
  transfer: (at) => [
    ...["--data", at("data"), "--evaluate", at("data"), "--objective", "ra", "--source", at("r.onnx")],
    ...[...processing, "--out", at("out")],
  ],
  reproduce: (at) => [at("recipe.json"), "--data", at("data"), "--out", at("out")],
};

for (const [name, words] of Object.entries(commandsWithFailures))
  test(`${name} exits with 2 at each run if more images are unusable than allowed, with its results in place`, async (t) => {
    const folder = temporaryFolder(t);
    const at = (part: string) => join(folder, part);
    await writeLabeledImages(at("data"), 4, 64);
    writeFiles(at("data"), { "0.png": "no image" });
    await writeClassifier(at("r.onnx"), 32);
    const stages = [
      {
        name: "plain",
        command: "train",
        settings: { data: "{data}", steps: 2, batch: 4, crop: 32, processor: "compact-s" },
      },
      { name: "judged", command: "evaluate", settings: { data: "{data}", processor: "{plain}/model.onnx" } },
    ];
    writeFiles(folder, { "recipe.json": JSON.stringify({ title: "T", about: "A", stages }) });
    const command = [name, ...words(at)];
    for (const [allowed, expected] of [
      ["0", 2],
      ["0", 2],
      ["1", 0],
    ] as const) {
      const { code, err } = await legible([...command, "--allow-failures", allowed]);
      assert.equal(code, expected, err);
      if (name === "reproduce" && expected === 2)
        assert.match(err, /^plain: 1 input could not be used\njudged: 1 input could not be used$/m);
    }
  });

test("a listed image that is missing counts as unusable in evaluate and in a training that reads labels", async (t) => {
  const folder = temporaryFolder(t);
  await writeLabeledImages(folder, 4, 64);
  rmSync(join(folder, "0.png"));
  await writeClassifier(join(folder, "r.onnx"), 32);
  const ra = ["--objective", "ra", "--recognizer", join(folder, "r.onnx")];
  for (const command of [
    ["evaluate", "--data", folder],
    ["train", "--data", folder, ...ra, ...processing, "--out", join(folder, "run")],
  ]) {
    const { code, err } = await legible(command);
    assert.equal(code, 2, err);
    assert.match(err, /1 listed in labels.csv, but missing/);
  }
});
