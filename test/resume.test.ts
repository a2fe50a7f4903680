import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { repositoryPath } from "../testing/shared.js";
import { legibleProcess, temporaryFolder, writeClassifier, writeLabeledImages } from "../testing/workspace.js";

test("a training killed at random times and resumed writes the same bytes as an uninterrupted one", async (t) => {
  const folder = temporaryFolder(t);
  const [data, classifier, other] = [join(folder, "data"), join(folder, "classifier.onnx"), join(folder, "other.onnx")];
  await writeLabeledImages(data, 12, 40);
  await writeClassifier(classifier, 32);
  await writeClassifier(other, 32, (b, features) => b.Neg(features));
  const command = (out: string) =>
    ["train", "--objective", "ra", "--recognizer", classifier, "--recognizer", other, "--rotate"].concat([
      ...["--after", "jpeg:60..95", "--after", "shift:0..2", "--after", "noise:0.01", "--lattice-weight", "5"],
      ...["--processor", "compact-s", "--data", data],
      "--steps",
      "60",
      "--batch",
      "2",
      "--crop",
      "32",
      "--checkpoint",
      "7",
      "--out",
      join(folder, out),
    ]);
  const start = performance.now();
  const uninterrupted = await legibleProcess(command("uninterrupted"));
  const duration = performance.now() - start;
  assert.equal(uninterrupted.code, 0, uninterrupted.err);

  let kills = 0;
  for (let attempt = 0; attempt < 40; attempt++) {
    const delay = Math.floor(duration * (0.2 + 0.6 * Math.random()));
    const result = await legibleProcess(
      [...command("interrupted"), "--resume"],
      attempt < 4 ? { signal: "SIGKILL", after: delay } : undefined,
    );
    if (result.signal === null) {
      assert.equal(result.code, 0, result.err);
      break;
    }
    t.diagnostic(`killed after ${delay} ms`);
    kills++;
  }
  assert.ok(kills > 0, "the run ended before it could be killed");
  const model = (out: string) => readFileSync(join(folder, out, "model.onnx"));
  assert.ok(model("uninterrupted").equals(model("interrupted")), "the two models differ");
  const log = (out: string) => readFileSync(join(folder, out, "log.jsonl"), "utf8");
  assert.equal(log("interrupted"), log("uninterrupted"));
});

test("Ctrl-C writes a checkpoint and prints how to resume", async (t) => {
  const folder = temporaryFolder(t);
  await writeLabeledImages(join(folder, "data"), 8, 40);
  const out = join(folder, "run");
  const command = ["train", "--processor", "compact-s", "--data", join(folder, "data"), "--steps", "100000"];
  const interrupt = { signal: "SIGINT", when: /"step":50/ } as const;
  const { code, err } = await legibleProcess([...command, "--batch", "2", "--crop", "32", "--out", out], interrupt);
  assert.equal(code, 130, err);
  assert.match(err, /interrupted after step \d+ of 100000; rerun with --resume to continue/);
  assert.ok(readFileSync(join(out, "checkpoint.safetensors")).length > 0);
});

test("two trainings in one folder at once are refused, and the message names the first process", async (t) => {
  const folder = temporaryFolder(t);
  await writeLabeledImages(join(folder, "data"), 8, 40);
  const out = join(folder, "run");
  const command = ["train", "--processor", "compact-s", "--data", join(folder, "data"), "--steps", "100000"];
  const first = spawn(process.execPath, [
    repositoryPath("dist/src/cli/main.js"),
    ...[...command, "--batch", "2", "--crop", "32", "--checkpoint", "10", "--out", out],
  ]);
  t.after(() => first.kill("SIGKILL"));
  await new Promise<void>((resolve) =>
    first.stderr.on("data", (text) => String(text).includes('"step":50') && resolve()),
  );
  for (const again of [
    ["train", "--resume", "--out", out],
    [...command, "--resume", "--out", out],
  ]) {
    const { code, err } = await legibleProcess(again);
    assert.equal(code, 1, err);
    assert.match(err, new RegExp(`cannot use the run in .*run: process ${first.pid} is already working in it`));
  }
  const lines = readFileSync(join(out, "log.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line).step);
  assert.deepEqual(lines, [...new Set(lines)]);
  first.kill("SIGKILL");
  await once(first, "exit");
  const resumed = await legibleProcess(["train", "--resume", "--out", out], { signal: "SIGINT", when: /"step":\d+/ });
  assert.equal(resumed.code, 130, resumed.err);
});
