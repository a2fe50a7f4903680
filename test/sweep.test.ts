import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readModel } from "../src/platform/node/models.js";
import type { SweepPoint } from "../src/report/sweep.js";
import { legible } from "../testing/run-command.js";
import { legibleProcess, temporaryFolder, writeClassifier, writeLabeledImages } from "../testing/workspace.js";

test("a sweep trains each lambda from the same initial weights, evaluates all, and resumes when interrupted", async (t) => {
  const folder = temporaryFolder(t);
  const [data, one, other, out] = ["data", "one.onnx", "other.onnx", "sweep"].map((name) => join(folder, name)) as [
    string,
    string,
    string,
    string,
  ];
  await writeLabeledImages(data, 8, 48);
  await writeClassifier(one, 32);
  await writeClassifier(other, 32, (b, x) => b.Sigmoid(x));
  const training = ["--processor", "compact-s", "--scale", "2", "--data", data, "--steps", "60", "--batch", "2"].concat(
    ["--crop", "32"],
  );
  const sweep = ["sweep", "--lambda", "0,1e-3,1", "--objective", "ra", "--recognizer", one, "--evaluate", data].concat(
    training,
    ["--judge", one, "--judge", other, "--out", out],
  );
  const interrupted = await legibleProcess(sweep, { signal: "SIGINT", when: /lambda 0\.001 .*"step":50/s });
  assert.equal(interrupted.code, 130, interrupted.err);
  const { code, out: table, err } = await legible(sweep);
  assert.equal(code, 0, err);

  const { points } = JSON.parse(readFileSync(join(out, "sweep.json"), "utf8")) as { points: SweepPoint[] };
  assert.deepEqual(
    points.map(({ lambda }) => lambda),
    [0, 1e-3, 1],
  );
  assert.ok((points[0]?.psnr ?? 0) > (points[2]?.psnr ?? 0), "lambda 1 does not lower PSNR");
  const best = points.reduce((most, point) => (point.psnr > most.psnr ? point : most));
  assert.deepEqual(best.paretoFor, ["one", "other"]);
  for (const { psnr } of points) assert.ok(table.includes(psnr.toFixed(2)));
  assert.match(readFileSync(join(out, "sweep.svg"), "utf8"), /<svg .*λ 0\.001.*<\/svg>/s);

  const plain = join(folder, "plain");
  assert.equal((await legible(["train", "--objective", "plain", ...training, "--out", plain])).code, 0);
  const [zero, image] = [
    await readModel(join(out, "lambda-0", "model.onnx")),
    await readModel(join(plain, "model.onnx")),
  ];
  for (const [name, { data: values }] of image.initializers)
    assert.deepEqual(zero.initializers.get(name)?.data, values);
});

test("a sweep of an objective without lambda is refused before any training", async () => {
  const args = [
    "sweep",
    "--lambda",
    "0,1",
    "--data",
    "nowhere",
    "--evaluate",
    "nowhere",
    "--steps",
    "2",
    "--out",
    "none",
  ];
  const { code, err } = await legible(args);
  assert.equal(code, 1);
  assert.match(err, /the objective plain has no lambda to sweep: set --objective to another, such as ra/);
});
