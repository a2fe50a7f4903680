import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { evaluate } from "../src/commands/evaluate.js";
import { synthesize } from "../src/commands/synthesize.js";
import { tabulate } from "../src/commands/tabulate.js";
import { trainDetector } from "../src/commands/train-detector.js";
import { transfer } from "../src/commands/transfer.js";
import type { Evaluation } from "../src/evaluation/evaluation.js";
import type { TransferPoint } from "../src/report/transfer.js";
import { runCommand } from "../testing/run-command.js";
import { writeClassifier } from "../testing/workspace.js";

const folder = mkdtempSync(join(tmpdir(), "legible-task-transfer-"));
const at = (name: string) => join(folder, name);
const [images, detector, classifier] = [at("images"), at("detector/model.onnx"), at("classifier.onnx")];

/** Synthetic images of two classes with boxes, a detector that is trained on them for two steps, and a classifier. */
before(async () => {
  await runCommand(synthesize, "-o", images, "--boxes", "--count", "10", "--classes", "2", "--size", "64");
  const short = ["--steps", "2", "--batch", "2", "--size", "32", "--out", at("detector")];
  await runCommand(trainDetector, "--data", images, ...short);
  await writeClassifier(classifier, 32);
});

after(() => rmSync(folder, { recursive: true }));

const task = ["--scale", "2", "--threads", "1"];
const json = (path: string) => JSON.parse(readFileSync(path, "utf8"));

test("a processor trained with a detector is judged by a classifier and by the detector, on one page", async () => {
  const schedule = ["--processor", "compact-s", "--steps", "2", "--batch", "2", "--crop", "32", "--limit", "4"];
  const judged = [
    "--source",
    `${detector}=0.5`,
    "--target",
    classifier,
    "--evaluate",
    images,
    "--evaluate-boxes",
    images,
  ];
  const objective = ["--objective", "unsupervised"];
  const words = ["--data", images, ...judged, ...objective, ...task, ...schedule, "--out", at("out")];
  const { out } = await runCommand(transfer, ...words);
  const results: { points: TransferPoint[]; evaluation: Evaluation; boxesEvaluation: Evaluation } = json(
    join(at("out"), "transfer.json"),
  );
  const [point] = results.points;
  assert.ok(Math.abs((point?.lambda ?? 0) - 0.005) < 1e-12, "lambda for raw heads is 0.01");
  assert.deepEqual(
    [point?.name, Object.keys(point?.gains ?? {}), Object.keys(point?.detectorGains ?? {})],
    ["unsupervised-detector", ["classifier"], ["detector"]],
  );
  const rows = ["none", "plain", "unsupervised-detector", "clean"];
  for (const { rows: found } of [results.evaluation, results.boxesEvaluation])
    assert.deepEqual(
      found.map(({ processor }) => processor),
      rows,
    );
  assert.deepEqual([results.evaluation.protocol, results.boxesEvaluation.protocol], ["imagenet", "full"]);
  const [plain, trained] = results.boxesEvaluation.rows.slice(1, 3).map((row) => row.detectors?.detector?.map11 ?? 0);
  assert.ok(Math.abs((point?.detectorGains?.detector?.map11 ?? 0) - ((trained ?? 0) - (plain ?? 0))) < 1e-9);
  assert.match(out, /\| unsupervised \(lambda .*\): gain over plain .*\| +classifier top-1 \| +detector \(R\) mAP \|/);
  const page = readFileSync(join(at("out"), "transfer.md"), "utf8");
  assert.match(page, /Judged on 4 images of .*images \(1\) and 4 images of .*images \(2\)\./);
  assert.match(page, /- detector: adapter grid, .*scoreThreshold/);

  // The same command again only judges from its records.
  const again = await runCommand(transfer, ...words);
  assert.equal(again.out, out);
  assert.match(again.err, /plain \(1 of 2\) is complete/);
});

test("evaluations by a detector and by a classifier join into one table, and their files give the same results", async () => {
  const data = ["--data", images, ...task, "--limit", "4"];
  const boxes = ["--predictions", at("boxes.jsonl"), "--json", at("boxes.json")];
  const { out, err } = await runCommand(
    evaluate,
    ...data,
    "--judge",
    `grid=${detector}`,
    "--score-threshold",
    "0.01",
    ...boxes,
  );
  assert.match(err, /judges +grid\n +protocol +full/);
  assert.match(out, /\| +grid mAP \|/);
  assert.equal(json(at("boxes.json")).judge_settings.grid.scoreThreshold, 0.01);
  const classes = ["--predictions", at("classes.jsonl"), "--json", at("classes.json"), "--protocol", "full"];
  await runCommand(evaluate, ...data, "--recognizer", classifier, ...classes);
  const files = [at("boxes.jsonl"), at("classes.jsonl")];
  const joined = await runCommand(tabulate, ...files, "--json", at("joined.json"), "-o", at("page.md"));
  assert.deepEqual(json(at("joined.json")).evaluations, [json(at("boxes.json")), json(at("classes.json"))]);
  assert.match(joined.out, /\| PSNR \(dB\) \(1\) .*\| PSNR \(dB\) \(2\) .*\| grid mAP \| classifier top-1 \|/);
  assert.equal(readFileSync(at("page.md"), "utf8"), `${joined.out}\n`);

  const mixed = runCommand(evaluate, ...data, "--judge", detector, "--judge", classifier);
  await assert.rejects(mixed, /model\.onnx, which needs boxes, and .*classifier\.onnx, which needs classes/);
  // A detector given as a recognizer judges as well.
  assert.equal((await runCommand(evaluate, ...data, "--recognizer", detector)).outcome, "done");
});

test("a transfer refuses a detector that could only be trained with classes, or has no images with boxes", async () => {
  const refused = async (words: readonly string[], expected: RegExp) => {
    const all = ["--data", images, "--evaluate", images, ...task, "--steps", "2", "--out", at("refused"), ...words];
    await assert.rejects(runCommand(transfer, ...all), { name: "UserError", message: expected });
  };
  await refused(["--source", detector, "--objective", "ra"], /cannot train with the detector .*: ra reads the class/);
  const trained = ["--source", classifier, "--objective", "unsupervised"];
  await refused([...trained, "--target", detector], /model\.onnx is a detector: set --evaluate-boxes/);
  await refused([...trained, "--evaluate-boxes", images], /--evaluate-boxes needs a detector as --source or --target/);
});
