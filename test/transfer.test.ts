import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Evaluation } from "../src/evaluation/evaluation.js";
import type { TransferPoint } from "../src/report/transfer.js";
import { legible } from "../testing/run-command.js";
import { legibleProcess, temporaryFolder, writeClassifier, writeLabeledImages } from "../testing/workspace.js";

const schedule = (steps: number) =>
  `--processor compact-s --scale 2 --steps ${steps} --batch 2 --crop 32 --threads 1`.split(" ");

/** The results of a transfer matrix. */
const resultsIn = (out: string): { points: TransferPoint[]; evaluation: Evaluation } =>
  JSON.parse(readFileSync(join(out, "transfer.json"), "utf8"));

test("every processor's gain over plain is measured with every recognizer, and an interrupted matrix resumes", async (t) => {
  const folder = temporaryFolder(t);
  const [data, one, other, third, out] = ["data", "one.onnx", "other.onnx", "third.onnx", "out"].map((name) =>
    join(folder, name),
  ) as [string, string, string, string, string];
  await writeLabeledImages(data, 8, 48);
  await writeClassifier(one, 32);
  await writeClassifier(other, 32, (b, x) => b.Sigmoid(x));
  await writeClassifier(third, 32, (b, x) => b.Tanh(x));
  const matrix = [
    "transfer",
    "--data",
    data,
    "--evaluate",
    data,
    "--source",
    one,
    "--source",
    other,
    "--target",
    third,
  ];
  const objectives = ["--objective", "ra=0.1", "--objective", "unsupervised", "--distance", "kl"];
  const args = [...matrix, ...objectives, ...schedule(60), "--out", out];
  const interrupted = await legibleProcess(args, { signal: "SIGINT", when: /ra-one .*"step":50/s });
  assert.equal(interrupted.code, 130, interrupted.err);
  assert.match(interrupted.err, /interrupted; rerun the command to resume/);
  const { code, out: tables, err } = await legible(args);
  assert.equal(code, 0, err);
  assert.match(err, /plain \(1 of 5\) is complete\nra-one \(2 of 5\)\n.*\d+ of 60 done/s);

  const { points, evaluation } = resultsIn(out);
  assert.deepEqual(
    points.map(({ source, objective, lambda }) => [source, objective, lambda]),
    [
      ["one", "ra", 0.1],
      ["other", "ra", 0.1],
      ["one", "unsupervised", 1e-3],
      ["other", "unsupervised", 1e-3],
    ],
  );
  for (const { name, gains } of points) {
    assert.deepEqual(Object.keys(gains), ["one", "other", "third"]);
    for (const [recognizer, { top1, ci95 }] of Object.entries(gains)) {
      const [row, plain] = [name, "plain"].map((of) => evaluation.rows.find(({ processor }) => processor === of));
      const difference = (row?.recognizers[recognizer]?.top1 ?? 0) - (plain?.recognizers[recognizer]?.top1 ?? 0);
      assert.ok(Math.abs(top1 - difference) < 1e-9 && ci95[0] <= top1 && top1 <= ci95[1]);
    }
  }
  assert.match(tables, /\| ra \(lambda 0\.1\): gain over plain .*\n.*\n\| one .* \* \|.*\n\| other .* \* \|/);
  const written = readFileSync(join(out, "transfer.md"), "utf8");
  assert.ok(tables.startsWith(written.slice(written.indexOf("| top-1")).trim()));
  assert.match(written, /Trained on 8 images of .*data: compact-s from initial weights, 60 steps/);
});

test("with disjoint evaluation classes, only recognizers of those classes evaluate, and others are refused", async (t) => {
  const folder = temporaryFolder(t);
  const [data, out] = [join(folder, "data"), join(folder, "out")];
  assert.equal((await legible(["synthesize", "-o", data, "--count", "24", "--classes", "4"])).code, 0);
  const recognizer = async (name: string, classes: string) => {
    const run = join(folder, name);
    const flags = ["--network", "small-vgg", "--size", "32", "--steps", "2", "--batch", "2", "--classes", classes];
    const { code, err } = await legible(["train-recognizer", "--data", data, ...flags, "--out", run]);
    assert.equal(code, 0, err);
    return join(run, "model.onnx");
  };
  const [a, b] = [await recognizer("a", "0-1"), await recognizer("b", "2-3")];
  const matrix = (...flags: string[]) =>
    legible(["transfer", "--data", data, ...schedule(2), "--out", out, "--objective", "ra", ...flags]);
  const halves = ["--classes", "0-1", "--evaluate-classes", "2-3"];

  const noTarget = await matrix(...halves, "--source", a);
  assert.match(noTarget.err, /no recognizer can judge .*data \(classes 2-3\).*--target/);
  const wrongTarget = await matrix(...halves, "--source", a, "--target", a);
  assert.match(wrongTarget.err, /cannot judge a on .*: its class is 2, but a was trained only on 0-1/);
  const wrongSource = await matrix(...halves, "--source", b, "--target", b);
  assert.match(wrongSource.err, /cannot train with b on .*: its class is 0, but b was trained only on 2-3/);
  for (const { code, err } of [noTarget, wrongTarget, wrongSource]) {
    assert.equal(code, 1);
    assert.doesNotMatch(err, /\n\s+at |should not happen|of 2\)/);
  }

  const { code, err } = await matrix(...halves, "--source", a, "--target", b);
  assert.equal(code, 0, err);
  assert.match(err, /only the targets judge/);
  const { points, evaluation } = resultsIn(out);
  assert.deepEqual([evaluation.data.count, evaluation.data.selection], [12, "classes 2-3"]);
  assert.deepEqual(
    points.map(({ name, gains }) => [name, Object.keys(gains)]),
    [["ra-a", ["b"]]],
  );
});

test("an objective without a recognizer and settings that no objective uses are refused before any training", async () => {
  const refused = async (flags: string[], expected: RegExp) => {
    const data = ["--data", "nowhere", "--source", "none.onnx", "--steps", "2", "--out", "none"];
    const { code, err } = await legible(["transfer", ...data, ...flags]);
    assert.equal(code, 1, err);
    assert.match(err, expected);
  };
  await refused(["--objective", "plain"], /the objective plain has no recognizer whose gain could transfer/);
  await refused(["--objective", "ra=0"], /--objective .*must be NAME or NAME=LAMBDA with a lambda above 0/);
  await refused(["--objective", "ra", "--distance", "kl"], /--distance is for the objective unsupervised, not for ra/);
  await refused(
    ["--objective", "ra", "--feature", "x"],
    /--feature is for the objective feature, or another with --feature-weight above 0/,
  );
});
