import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { planned, type Stage } from "../experiments/plan.js";
import { findRecipes, packagedRecipes } from "../experiments/recipe.js";
import { taskFrom } from "./options.js";
import { flagsOf } from "./stages.js";
import { type TrainingFlags, trainingConfig } from "./training-options.js";

const given = {
  ...{ data: ["data"], evaluate: ["val"], recognizer: ["r.onnx"], judge: ["a.onnx", "b.onnx"] },
  ...{ device: ["cuda"], threads: ["2"] },
};

/** Images of ImageNet's training part. */
const IMAGENET = 1_281_167;

const trainingOf = (stage: Stage) => {
  const flags = flagsOf(stage) as TrainingFlags & { lambda?: number };
  return trainingConfig(flags, IMAGENET, flags.lambda).config;
};

test("every command of every recipe in the package is one that the command line takes", async () => {
  for (const { recipes } of await packagedRecipes())
    for (const recipe of recipes)
      for (const stage of planned(recipe, given, "out")) {
        const flags = flagsOf(stage);
        if (stage.command === "train") trainingOf(stage);
        if (stage.command === "transfer") assert.deepEqual(flags.source, given.recognizer);
        if (stage.command === "evaluate") assert.ok(taskFrom(flags as Parameters<typeof taskFrom>[0]));
      }
});

test("the recipes for ImageNet train as the paper does", async () => {
  for (const recipe of (await findRecipes("imagenet")).recipes) {
    const trainings = planned(recipe, given, "out").filter(({ command }) => command === "train");
    const configs = trainings.map(trainingOf);
    assert.deepEqual(
      configs.map(({ objective, lambda }) => [objective, lambda]),
      [
        ["plain", 0],
        ["ra", 1e-3],
        ["transformer", 1e-2],
        ["unsupervised", 10],
      ],
    );
    for (const { processor, steps, batch, crop, lr, lrDrops } of configs) {
      assert.deepEqual([processor, batch, crop, lr], ["srresnet", 20, 224, 1e-4]);
      assert.deepEqual(
        [steps, lrDrops],
        [Math.ceil((6 * IMAGENET) / 20), [4, 5].map((n) => Math.ceil((n * IMAGENET) / 20))],
      );
    }
  }
});

test("a wrong flag, a missing one and a command that is none are found before anything runs", () => {
  const stage =
    (command: string, ...args: string[]) =>
    () =>
      flagsOf({ name: "first", command, args, folder: "out/first", key: "" });
  assert.throws(stage("train", "--data", "d", "--stepps", "3"), /the stage first is not in order: unknown option/);
  assert.throws(stage("train", "--data", "d", "--steps", "no"), /the stage first is not in order: .*whole number/);
  assert.throws(stage("evaluate"), /required option '--data <path>' not specified/);
  assert.throws(stage("enhance", "x.png"), /a recipe has no command "enhance" \(first\); it has synthesize, /);
});

test("recipes are part of the package", () => {
  const { files } = JSON.parse(readFileSync(new URL("../../../package.json", import.meta.url), "utf8"));
  assert.ok(files.includes("recipes"));
});
