import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { runCommand } from "../../testing/run-command.js";
import { enlarging, temporaryFolder, writeClassifier, writeLabeledImages } from "../../testing/workspace.js";
import { writeModel } from "../platform/node/models.js";
import { evaluate } from "./evaluate.js";
import { tabulate } from "./tabulate.js";

test("--after is repeated and separated by commas, and tabulate rebuilds the same tables and JSON", async (t) => {
  const folder = temporaryFolder(t);
  const at = (name: string) => join(folder, name);
  await writeLabeledImages(at("data"), 4, 40);
  await writeClassifier(at("judge.onnx"), 16);
  await writeModel(enlarging(4), at("plain.onnx"));
  const files = ["--data", at("data"), "--recognizer", at("judge.onnx"), "--processor", at("plain.onnx")];
  const after = ["--after", "jpeg:85,shift:1", "--after", "resize:0.7+jpeg:85"];
  const results = ["--json", at("results.json"), "--predictions", at("predictions.jsonl")];
  const { out, err } = await runCommand(evaluate, ...files, ...after, ...results, "--threads", "1");
  assert.match(err, /after +jpeg:85, shift:1, resize:0\.7\+jpeg:85$/m);
  for (const handling of ["jpeg:85", "shift:1", "resize:0.7+jpeg:85"])
    for (const row of ["none", "plain", "clean"])
      assert.ok(out.includes(`| ${handling}: ${row} `), `${handling}: ${row}`);
  assert.match(out, /\| plain over none, as restored/);
  const again = await runCommand(tabulate, at("predictions.jsonl"), "--json", at("again.json"));
  assert.equal(again.out, out);
  assert.equal(readFileSync(at("again.json"), "utf8"), readFileSync(at("results.json"), "utf8"));
});

test("--after with a range, an unknown kind or without a judge is refused before the work", async () => {
  const refused = (words: readonly string[], message: RegExp) =>
    assert.rejects(runCommand(evaluate, "--data", "data", ...words), { name: "UserError", message });
  await refused(
    ["--recognizer", "r.onnx", "--after", "jpeg:70..90"],
    /--after is "jpeg:70..90"; expected a single value/,
  );
  await refused(["--recognizer", "r.onnx", "--after", "crop:3"], /--after is "crop:3"; expected KIND:VALUE/);
  await refused(["--after", "jpeg:85"], /--after needs --judge/);
});
