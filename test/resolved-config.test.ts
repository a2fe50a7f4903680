import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { legible } from "../testing/run-command.js";
import { temporaryFolder, writeClassifier, writeLabeledImages } from "../testing/workspace.js";

/** A finished run with the loss of a recognizer whose input is described by flags. */
async function finishedRun(t: TestContext) {
  const at = (name: string) => join(temporaryFolder(t), name);
  const [data, recognizer, out] = [at("data"), at("r.onnx"), at("run")];
  await writeLabeledImages(data, 6, 48);
  await writeClassifier(recognizer, 32);
  const ra = ["--objective", "ra", "--recognizer", recognizer, "--mean", "0.4,0.4,0.4", "--std", "0.2,0.2,0.2"];
  const shape = ["--processor", "compact-s", "--steps", "2", "--batch", "2", "--crop", "32"];
  const trained = await legible(["train", "--data", data, ...ra, ...shape, "--out", out]);
  assert.equal(trained.code, 0, trained.err);
  return { data, recognizer, out };
}

test("a run is resumed from its folder alone, and its config has the preprocessing and the hash of every file", async (t) => {
  const { out } = await finishedRun(t);
  const { config } = JSON.parse(readFileSync(join(out, "config.json"), "utf8"));
  const [{ mean, std, size, layout, sha256 }] = config.recognizer;
  assert.deepEqual([mean, std, size, layout], [[0.4, 0.4, 0.4], [0.2, 0.2, 0.2], 32, "NCHW"]);
  assert.match(sha256, /^[0-9a-f]{64}$/);
  const { code, err } = await legible(["train", "--resume", "--out", out]);
  assert.equal(code, 0, err);
  assert.match(err, /2 of 2 done/);
});

test("a resume is refused for another mean, another recognizer and other images, and names the first difference", async (t) => {
  const { data, recognizer, out } = await finishedRun(t);
  const refused = async (expected: RegExp, ...flags: string[]) => {
    const { code, err } = await legible(["train", "--resume", "--out", out, ...flags]);
    assert.equal(code, 1, err);
    assert.match(err, expected);
  };
  await refused(
    /it was started with --mean \[0\.4,0\.4,0\.4\], not \[0\.5,0\.5,0\.5\] \(recognizer\.0\.mean\)/,
    "--mean",
    "0.5,0.5,0.5",
  );
  await refused(/it was started with --lr 0\.0005, not 0\.1/, "--lr", "0.1");
  await writeClassifier(recognizer, 32, (b, x) => b.Sigmoid(x));
  await refused(/the contents of --recognizer have changed since it was started/);
  await writeClassifier(recognizer, 32);
  await writeLabeledImages(data, 7, 48);
  await refused(/it was started with 6 images of --data, but there are 7 now/);
});

test("a setting that the objective does not read is refused in one sentence", async () => {
  const refused = async (flags: string[], expected: RegExp) => {
    const { code, err } = await legible(["train", "--data", "nowhere", "--steps", "1", "--out", "none", ...flags]);
    assert.equal(code, 1, err);
    assert.match(err, expected);
  };
  await refused(["--lambda", "0.1"], /--lambda is for an objective with a recognizer .*, not for plain/);
  await refused(["--mean", "1,2,3"], /--mean is for an objective with a recognizer/);
  await refused(
    ["--transformer", "compact-m", "--objective", "ra"],
    /--transformer is for the objective transformer, not for ra/,
  );
});
