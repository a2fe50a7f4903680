import assert from "node:assert/strict";
import { test } from "node:test";
import { Command } from "commander";
import { addTrainingOptions, type TrainingFlags, trainingConfig, weightedFiles } from "./training-options.js";

test("a recognizer's weight stands behind its file and is 1 without a word", () => {
  const files = weightedFiles("b.onnx=0.5", weightedFiles("folder=1/a.onnx"));
  assert.deepEqual(files, [
    { file: "folder=1/a.onnx", weight: 1 },
    { file: "b.onnx", weight: 0.5 },
  ]);
  for (const wrong of ["a.onnx=", "a.onnx=half", "a.onnx=0", "a.onnx=-1"])
    assert.throws(() => weightedFiles(wrong), /Expected FILE or FILE=WEIGHT/, wrong);
});

/** What a command line asks for. */
function configOf(...args: string[]) {
  const command = addTrainingOptions(new Command().exitOverride());
  const length = args.includes("--epochs") ? [] : ["--steps", "9"];
  command.parse(["--data", "d", ...length, ...args], { from: "user" });
  return trainingConfig(command.opts<TrainingFlags>(), 50).config;
}

test("lambda is the objective's where none is given, and for unsupervised that of the distance", () => {
  assert.equal(configOf().lambda, 0);
  assert.equal(configOf("--objective", "ra").lambda, 1e-3);
  assert.equal(configOf("--objective", "transformer").lambda, 1e-2);
  assert.equal(configOf("--objective", "unsupervised").lambda, 10);
  assert.equal(configOf("--objective", "unsupervised", "--distance", "kl").lambda, 1e-3);
});

test("a transformer is refused for an objective that has none", () => {
  assert.throws(() => configOf("--transformer", "compact-m"), /--transformer belongs to the objective transformer/);
});

test("epochs become steps of the images there are, and so do the drops of the learning rate", () => {
  const { steps, lrDrops } = configOf("--epochs", "6", "--batch", "20", "--lr-drops", "4,5");
  assert.deepEqual([steps, lrDrops], [15, [10, 13]]);
  assert.deepEqual(configOf().lrDrops, []);
  assert.throws(() => configOf("--epochs", "2", "--lr-drops", "2"), /--lr-drops 2 has to come before the end/);
  assert.throws(() => configOf("--epochs", "2", "--steps", "3"), /cannot be used with/);
});
