import assert from "node:assert/strict";
import { copyFileSync, existsSync, linkSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { average } from "../src/commands/average.js";
import type { Command } from "../src/commands/command.js";
import { evaluate } from "../src/commands/evaluate.js";
import { exportModel } from "../src/commands/export.js";
import { gradient } from "../src/commands/gradient.js";
import { profile } from "../src/commands/profile.js";
import { reproduce } from "../src/commands/reproduce.js";
import { sweep } from "../src/commands/sweep.js";
import { tabulate } from "../src/commands/tabulate.js";
import { train } from "../src/commands/train.js";
import { trainRecognizer } from "../src/commands/train-recognizer.js";
import { transfer } from "../src/commands/transfer.js";
import { writeModel } from "../src/platform/node/models.js";
import { residualProcessor } from "../testing/processors.js";
import { legible, runCommand } from "../testing/run-command.js";
import { temporaryFolder, writeClassifier, writeLabeledImages } from "../testing/workspace.js";

/** Images, a processor, a recognizer, and a path whose parent is a file. */
async function inputs(t: TestContext) {
  const folder = temporaryFolder(t);
  const at = (...names: string[]) => join(folder, ...names);
  await writeLabeledImages(at("data"), 4, 48);
  await writeModel(residualProcessor(4), at("p.onnx"));
  await writeClassifier(at("r.onnx"), 32);
  mkdirSync(at("folder"));
  return { at, blocked: at("data", "labels.csv", "out") };
}

const refused = (command: Command, words: readonly string[], expected: RegExp) =>
  assert.rejects(runCommand(command, ...words), (error: Error) => {
    assert.equal(error.name, "UserError", error.stack);
    assert.match(error.message, expected);
    return true;
  });

test("an output that cannot be written is refused before models and images are read", async (t) => {
  const { at, blocked } = await inputs(t);
  // None of these inputs exists: a message about one of them would mean that it was read first.
  const [data, model] = [["--data", at("none")], at("none.onnx")];
  const evaluated = ["--processor", model, ...data];
  const steps = ["--steps", "1", "--recognizer", model, "--objective", "ra"];
  for (const [command, words] of [
    [evaluate, [...evaluated, "--json"]],
    [evaluate, [...evaluated, "--predictions"]],
    [tabulate, [at("none.jsonl"), "--json"]],
    [average, [model, model, "-o"]],
    [exportModel, [model, "-o"]],
    [gradient, [model, "--inputs", at("none.safetensors"), "--loss", "mse", "-o"]],
    [gradient, [model, "--image", at("none.png"), "-o"]],
  ] as const) {
    await refused(command, [...words, blocked], /^cannot write .*out: /);
    await refused(command, [...words, at("folder")], /^cannot write .*folder: it is a folder$/);
    if (existsSync("/dev/null")) await refused(command, [...words, "/dev/null"], /null: it is not a regular file$/);
  }
  for (const [command, words] of [
    [train, [...data, ...steps]],
    [trainRecognizer, [...data, "--steps", "1"]],
    [sweep, [...data, ...steps, "--lambda", "1"]],
    [transfer, [...data, "--source", model, "--objective", "ra", "--steps", "1"]],
  ] as const)
    await refused(command, [...words, "--out", blocked], /^cannot create the folder .*out: /);
  await refused(
    gradient,
    [model, "--image", at("none.png"), "--heatmap", at("map.gif")],
    /its name must end in .*\.png/,
  );
});

test("an output that is an input is refused, also behind links, and the input is unchanged", async (t) => {
  const { at } = await inputs(t);
  const before = readFileSync(at("p.onnx"));
  symlinkSync("p.onnx", at("symbolic.onnx"));
  linkSync(at("p.onnx"), at("hard.onnx"));
  symlinkSync(".", at("loop"));
  const same = [at("p.onnx"), at("symbolic.onnx"), at("hard.onnx"), at("loop", "p.onnx")];
  for (const out of same) {
    await refused(average, [at("p.onnx"), at("r.onnx"), "-o", out], /is one of the inputs and would be overwritten/);
    await refused(exportModel, [at("p.onnx"), "-o", out], /is one of the inputs/);
    await refused(evaluate, ["--data", at("data"), "--processor", at("p.onnx"), "--json", out], /is one of the inputs/);
    await refused(gradient, [at("p.onnx"), "--image", at("data", "0.png"), "-o", out], /is one of the inputs/);
  }
  assert.ok(readFileSync(at("p.onnx")).equals(before));
  const image = at("data", "0.png");
  await refused(gradient, [at("r.onnx"), "--image", image, "--heatmap", image], /0\.png is one of the inputs/);
  await refused(evaluate, ["--data", at("data"), "--predictions", image], /0\.png is one of the inputs/);
  await refused(exportModel, [at("r.onnx"), "-o", at("r.json")], /r\.json is one of the inputs/);
  const evaluated = ["--data", at("data"), "--limit", "1"];
  const labels = readFileSync(at("data", "labels.csv"));
  await refused(evaluate, [...evaluated, "--json", at("data", "labels.csv")], /labels\.csv is one of the inputs/);
  assert.ok(readFileSync(at("data", "labels.csv")).equals(labels));
  writeFileSync(at("gate.json"), "{}");
  await refused(evaluate, [...evaluated, "--gate", at("gate.json"), "--json", at("gate.json")], /gate\.json is one of/);
  writeFileSync(at("settings.json"), "{}");
  const { code, err } = await legible([
    "evaluate",
    ...evaluated,
    "--config",
    at("settings.json"),
    "--json",
    at("settings.json"),
  ]);
  assert.equal(code, 1);
  assert.match(err, /settings\.json is one of the inputs and would be overwritten/);
  writeFileSync(at("p.jsonl"), "");
  await refused(tabulate, [at("p.jsonl"), "--json", at("p.jsonl")], /p\.jsonl is one of the inputs/);
});

test("a file that annotates the images is not overwritten, whether it is read or not", async (t) => {
  const { at } = await inputs(t);
  const images = [{ id: 1, file_name: "0.png", width: 48, height: 48 }];
  const coco = JSON.stringify({ images, annotations: [], categories: [{ id: 1, name: "dog" }] });
  for (const folder of ["coco/val2017", "voc/JPEGImages", "parts/train/a", "parts/val/a"]) {
    mkdirSync(at(folder), { recursive: true });
    copyFileSync(at("data", "0.png"), at(folder, "0.png"));
  }
  const files = [
    ["coco", "coco/annotations/instances_val2017.json", coco],
    ["coco/annotations/instances_val2017.json", "coco/annotations/instances_train2017.json", coco],
    ["voc", "voc/Annotations/other.xml", "<annotation></annotation>"],
    ["voc", "voc/ImageSets/Main/test.txt", "0\n"],
    ["voc", "voc/SegmentationClass/0.png", "map"],
    ["parts", "parts/val/labels.csv", "file,class_index\na/0.png,0\n"],
  ] as const;
  for (const [, file, text] of files) {
    mkdirSync(at(file, ".."), { recursive: true });
    writeFileSync(at(file), text);
  }
  symlinkSync(at("parts/val/labels.csv"), at("linked.json"));
  for (const [data, file, text] of [...files, ["parts", "linked.json", "file,class_index\na/0.png,0\n"]] as const) {
    await refused(evaluate, ["--data", at(data), "--json", at(file)], /would be overwritten; choose another output/);
    assert.equal(readFileSync(at(file), "utf8"), text);
  }
});

test("two outputs in one file are refused", async (t) => {
  const { at } = await inputs(t);
  symlinkSync("folder", at("linked"));
  const outputs = ["--json", at("folder", "x"), "--predictions", at("linked", "x")];
  await refused(evaluate, ["--data", at("data"), ...outputs], /two outputs would be written to .*x; choose different/);
});

test("an output in a folder that does not exist yet is written, and an earlier result is replaced", async (t) => {
  const { at } = await inputs(t);
  for (let i = 0; i < 2; i++) await runCommand(exportModel, at("p.onnx"), "-o", at("new", "deep", "x.onnx"));
  const evaluated = ["--data", at("data"), "--json", at("data", "results.json")];
  for (let i = 0; i < 2; i++) await runCommand(evaluate, ...evaluated);
  assert.ok(existsSync(at("data", "results.json")) && existsSync(at("new", "deep", "x.onnx")));
});

test("flags without effect are refused in one sentence", async (t) => {
  const { at } = await inputs(t);
  const data = ["--data", at("data")];
  await refused(evaluate, [...data, "--mean", "0,0,0"], /^--mean needs --recognizer$/);
  await refused(evaluate, [...data, "--output", "y"], /^--output needs --recognizer$/);
  await refused(evaluate, [...data, "--cards"], /^--cards needs --processor$/);
  await refused(evaluate, [...data, "--crop-border", "2"], /--crop-border has no effect with the protocol imagenet/);
  await refused(evaluate, [...data, "--split-seed", "2"], /^--split-seed needs --split$/);
  await refused(evaluate, [...data, "--cards", "--processor", at("p.onnx")], /p\.onnx has no card/);
  await refused(evaluate, [...data, "--task", "deblur", "--length", "9"], /--length has no effect on the task deblur/);
  const trained = [...data, "--steps", "1", "--batch", "2", "--crop", "32", "--out", at("run")];
  await refused(
    train,
    [...trained, "--lambda", "0.1"],
    /^--lambda is for an objective with a recognizer .* not for plain$/,
  );
  await refused(train, [...trained, "--feature", "x"], /^--feature is for .* not for plain$/);
  await refused(train, [...trained, "--split-seed", "1"], /^--split-seed needs --split$/);
  await refused(
    reproduce,
    ["synthetic", "--judge", at("r.onnx"), "--out", at("re")],
    /recipe synthetic does not use --judge/,
  );
  await runCommand(train, ...trained, "--processor", "compact-s");
  await refused(profile, [at("run"), "--batch", "3"], /^--batch has no effect on .*run: a training run has its own/);
});

test("gradient prints the names of classes and the most probable ones", async (t) => {
  const { at } = await inputs(t);
  const sidecar = JSON.parse(readFileSync(at("r.json"), "utf8"));
  writeFileSync(at("r.json"), JSON.stringify({ ...sidecar, classes: ["heron", "kite"] }));
  const words = [at("r.onnx"), "--image", at("data", "0.png"), "--label", "1", "-o", at("g.safetensors")];
  const { out } = await runCommand(gradient, ...words);
  assert.match(out, /^class 1 \(kite\): \d+\.\d %$/m);
  assert.match(out, /^most probable:$/m);
  assert.match(out, /^\s*[01]\s+(heron|kite)\s+\d+\.\d %$/m);
  const summary = JSON.parse((await runCommand(gradient, ...words, "--json")).out);
  assert.deepEqual(summary.top5.map(({ name }: { name: string }) => name).sort(), ["heron", "kite"]);
  assert.equal(summary.name, "kite");
});

test("a processor without a name is called by its file, or by the folder of its run", async (t) => {
  const { at } = await inputs(t);
  mkdirSync(at("ra"));
  await writeModel(residualProcessor(4), at("ra", "model.onnx"));
  const { out } = await runCommand(
    evaluate,
    ...["--data", at("data"), "--scale", "4", "--processor", at("p.onnx"), "--processor", at("ra", "model.onnx")],
  );
  assert.match(out, /^\| p .*\n\| ra /m);
});

test("a recipe that writes outside its results is refused before its first stage", async (t) => {
  const { at } = await inputs(t);
  const recipe = (settings: object) => {
    const stages = [{ name: "ev", command: "evaluate", settings: { data: "{evaluate}", limit: 1, ...settings } }];
    writeFileSync(at("recipe.json"), JSON.stringify({ title: "T", about: "A", stages }));
    return [at("recipe.json"), "--evaluate", at("data"), "--out", at("results")];
  };
  for (const [settings, file] of [
    [{ predictions: at("p.jsonl") }, at("p.jsonl")],
    [{ predictions: "{ev}/../../p.jsonl".replace("{ev}", at("results")) }, "p.jsonl"],
    [{ processor: at("p.onnx"), cards: true }, at("p.onnx")],
  ] as const) {
    const model = readFileSync(at("p.onnx"));
    const words = recipe(settings);
    await refused(reproduce, words, /the stage ev is not valid: it writes .*, which is outside the results; /);
    await refused(reproduce, words, new RegExp(file.replaceAll(/[.\\]/g, "\\$&")));
    assert.deepEqual([existsSync(at("p.jsonl")), existsSync(at("results"))], [false, false]);
    assert.deepEqual(readFileSync(at("p.onnx")), model);
  }
  await runCommand(reproduce, ...recipe({ predictions: at("results", "ev", "p.jsonl") }));
  assert.ok(existsSync(at("results", "ev", "p.jsonl")));
});
