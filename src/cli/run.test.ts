import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { legible, temporaryFolder, writeFiles, writeLabeledImages } from "../../testing/workspace.js";

const failing: readonly (readonly [string, readonly string[], RegExp])[] = [
  ["a missing file", ["inspect", "none.onnx", "--json"], /none\.onnx/],
  ["a setting out of range", ["enhance", "a.png", "-o", "b", "--tile", "4", "--json"], /--tile must be 32 or more/],
  ["an unknown flag", ["enhance", "a.png", "--jsno", "--json"], /unknown option '--jsno'/],
  ["an unknown command", ["enhnace", "--json"], /unknown command 'enhnace'/],
];
for (const [name, args, message] of failing)
  test(`with --json, ${name} is an error as JSON on standard output and as text on standard error`, async () => {
    const { code, out, err } = await legible(args);
    assert.equal(code, 1, err);
    const { error } = JSON.parse(out) as { error: string };
    assert.match(error, message);
    assert.ok(err.startsWith(`legible: ${error}`), err);
  });

test("without --json, an error leaves standard output empty", async () => {
  const { code, out, err } = await legible(["inspect", "none.onnx"]);
  assert.deepEqual([code, out], [1, ""]);
  assert.match(err, /^legible: .*none\.onnx/);
});

test("the help lists the exit codes", async () => {
  const { out } = await legible(["--help"]);
  for (const line of [/^ {2}0 +done/m, /^ {2}1 +an error/m, /^ {2}2 +finished/m, /^ {2}130 /m, /^ {2}143 /m])
    assert.match(out, line);
});

test("more unusable images than allowed make enhance, degrade, evaluate and train exit with 2", async (t) => {
  const folder = temporaryFolder(t);
  await writeLabeledImages(folder, 4, 64);
  writeFiles(folder, { "0.png": "no image" });
  const at = (name: string) => join(folder, "..", `${folder}-${name}`);
  const commands = [
    ["degrade", folder, "-o", at("small")],
    ["enhance", folder, "-o", at("large")],
    ["evaluate", "--data", folder],
    [
      "train",
      "--data",
      folder,
      "--steps",
      "2",
      "--batch",
      "4",
      "--crop",
      "32",
      "--processor",
      "compact-s",
      "--out",
      at("run"),
    ],
  ];
  for (const command of commands) {
    const { code, err } = await legible(command);
    assert.equal(code, 2, err);
    const allowed = command.map((word) => (word === at("run") ? at("run-2") : word));
    const again = await legible([...allowed, "--allow-failures", "1"]);
    assert.equal(again.code, 0, again.err);
  }
});
