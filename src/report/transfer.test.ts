import assert from "node:assert/strict";
import { test } from "node:test";
import { madeUpEvaluation } from "../../testing/evaluations.js";
import { findTask } from "../data/tasks/index.js";
import { type TransferRun, transferPoints, transferSetting, transferTables } from "./transfer.js";

/** A hundred images; the source is right on the first `own` of them, the target on the first `others`. */
const measured = (processor: string, decibels: number, own: number, others: number) => ({
  processor,
  psnr: decibels,
  ssim: 0.5,
  ranks: { source: ranksOf(own), target: ranksOf(others) },
});

const ranksOf = (right: number) => Array.from({ length: 100 }, (_, i) => (i < right ? 0 : 9));

const evaluation = madeUpEvaluation(
  findTask("denoise", { sigma: 0.2 }),
  [
    measured("none", 20, 10, 10),
    measured("plain", 25, 40, 50),
    measured("ra-source", 24.75, 60, 55),
    measured("unsupervised-source", 24.9, 50, 50),
    measured("clean", Number.POSITIVE_INFINITY, 80, 90),
  ],
  { selection: "classes 2-3" },
);

const run = (objective: string, lambda: number): TransferRun => ({
  name: `${objective}-source`,
  source: "source",
  sourceFile: "source.onnx",
  objective,
  lambda,
  model: `runs/${objective}-source/model.onnx`,
});
const points = transferPoints([run("ra", 1e-3), run("unsupervised", 10)], evaluation);

test("gains are over plain, not over none or an earlier processor, each with the interval of its evaluation", () => {
  assert.deepEqual(
    points.map(({ gains }) => [Math.round(gains.source?.top1 ?? 0), Math.round(gains.target?.top1 ?? 0)]),
    [
      [20, 5],
      [10, 0],
    ],
  );
  assert.deepEqual(
    points.map(({ psnrChange }) => psnrChange.toFixed(2)),
    ["-0.25", "-0.10"],
  );
  const [low, high] = points[0]?.gains.source?.ci95 ?? [0, 0];
  assert.ok(low > 0 && low < 20 && high > 20);
});

test("one table has the reference rows, and one for each objective has sources as rows and judges as columns", () => {
  const [before, ra, unsupervised, ...others] = transferTables(points, evaluation).split("\n\n");
  assert.equal(others.length, 0);
  assert.match(before ?? "", /\| plain +\| +25\.00 \| 40\.0 \[\d+\.\d, \d+\.\d\] \| 50\.0 \[/);
  assert.match(ra ?? "", /^\| ra \(lambda 0\.001\): gain over plain +\| PSNR \(dB\) \| +source \| +target \|\n/);
  assert.match(ra ?? "", /\| source +\| +-0\.25 \| \+20\.0 \[\+\d+\.\d, \+\d+\.\d\] \* \| +\+5\.0 \[/);
  assert.match(unsupervised ?? "", /lambda 10.*\n.*\n\| source .* 0\.0 \[0\.0, 0\.0\] \|$/s);
});

test("the setting lists task, data, counts, steps and seeds", () => {
  const training = {
    data: "train (classes 0-1)",
    count: 12,
    processor: "compact-s",
    init: "runs/start.onnx",
    steps: 30,
  };
  const text = transferSetting({ ...training, batch: 4, crop: 32, lr: 1e-3, seed: 7 }, evaluation);
  assert.match(text, /^# Transfer of denoise ×1, sigma 0\.2\n/);
  assert.match(
    text,
    /on 12 images of train \(classes 0-1\): compact-s from runs\/start\.onnx, 30 steps of 4 crops of 32, .* seed 7\./,
  );
  assert.match(text, /Judged on 100 images of val \(classes 2-3\)\./);
});
