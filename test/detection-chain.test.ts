import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { detect } from "../src/commands/detect.js";
import { evaluate } from "../src/commands/evaluate.js";
import { score } from "../src/commands/score.js";
import { synthesize } from "../src/commands/synthesize.js";
import { train } from "../src/commands/train.js";
import { trainDetector } from "../src/commands/train-detector.js";
import { runCommand } from "../testing/run-command.js";
import { temporaryFolder } from "../testing/workspace.js";

/** The commands of docs/detection.md, small. */
test("a detector that is trained on synthetic boxes detects, is scored, trains a processor with boxes, and judges it", async (t) => {
  const folder = temporaryFolder(t);
  const [scenes, model, results] = ["scenes", "detector/model.onnx", "results.json"].map((each) =>
    join(folder, each),
  ) as [string, string, string];
  const at = (name: string) => join(folder, name);
  const json = (name: string) => JSON.parse(readFileSync(at(name), "utf8"));
  await runCommand(
    synthesize,
    "-o",
    scenes,
    "--count",
    "12",
    "--size",
    "64",
    "--classes",
    "4",
    "--objects",
    "2",
    "--boxes",
  );
  const schedule = ["--steps", "3", "--batch", "2", "--threads", "1"];
  await runCommand(trainDetector, "--data", scenes, "--size", "64", ...schedule, "--out", at("detector"));
  assert.equal(json("detector/model.json").classes.length, 4);

  await runCommand(detect, scenes, "--detector", model, "-o", at("boxes"), "--results", results, "--score", "0.01");
  assert.equal(json("boxes/detections.json").images.length, 12);
  const found: { image_id: string; category_id: number; bbox: number[]; score: number }[] = json("results.json");
  assert.ok(found.length > 0, "an untrained detector finds something above the threshold for average precision");
  assert.ok(found.every(({ category_id: id, bbox }) => id >= 1 && id <= 4 && bbox.length === 4));

  const processor = ["--processor", "compact-s", "--scale", "2", "--crop", "64"];
  const supervised = ["--objective", "ra", "--recognizer", model, "--lambda", "0.1"];
  await runCommand(train, ...supervised, "--data", scenes, ...processor, ...schedule, "--out", at("ra"));
  assert.ok(existsSync(at("ra/model.onnx")));
  const log = readFileSync(at("ra/log.jsonl"), "utf8").trim().split("\n");
  assert.ok(JSON.parse(log.at(-1) as string).recognition > 0, "the detection loss is part of the training");

  const judging = ["--data", scenes, "--scale", "2", "--judge", `detector=${model}`, "--threads", "1"];
  await runCommand(evaluate, ...judging, "--processor", `ra=${at("ra/model.onnx")}`, "--json", at("evaluation.json"));
  const { rows } = json("evaluation.json");
  assert.deepEqual(
    rows.map((row: { processor: string; detectors: object }) => [row.processor, Object.keys(row.detectors)]),
    ["none", "ra", "clean"].map((name) => [name, ["detector"]]),
  );
  await runCommand(score, "--truth", scenes, "--found", results, "--json", at("score.json"));
  const { voc, coco } = json("score.json");
  assert.equal(Object.keys(voc.classes).length, 4);
  assert.ok(voc.map11 >= 0 && coco.AP50 >= 0);
});
