import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { writeModel } from "../src/platform/node/models.js";
import { enlarging, legibleProcess, temporaryFolder, writeLabeledImages } from "../testing/workspace.js";

test("enhance and evaluate print what is done when they are interrupted, exit with 130 or 143, and resume", async (t) => {
  const folder = temporaryFolder(t);
  const [data, x4, out] = [join(folder, "data"), join(folder, "x4.onnx"), join(folder, "out")];
  await writeLabeledImages(data, 200, 200);
  await writeModel(enlarging(4), x4);
  const enhance = ["enhance", data, "--model", x4, "--tile", "64", "-o", out];
  const enhanced = await legibleProcess(enhance, { signal: "SIGTERM", when: /2\.png -> / });
  assert.equal(enhanced.code, 143, enhanced.err);
  const [, done] = /^interrupted after (\d+) of 200 images; rerun the command to resume$/m.exec(enhanced.err) ?? [];
  assert.deepEqual(readdirSync(out).filter((name) => name.endsWith(".png")).length, Number(done));
  assert.ok(!readdirSync(out).some((name) => /^\.legible-[0-9a-f]{8}-/.test(name) || name.endsWith(".lock")));

  const evaluate = ["evaluate", "--data", data, "--scale", "4", "--processor", x4];
  const interrupt = { signal: "SIGINT", when: /evaluating 6\d\/200/ } as const;
  const judged = await legibleProcess([...evaluate, "--json", join(folder, "r.json")], interrupt);
  assert.equal(judged.code, 130, judged.err);
  assert.match(judged.err, /^interrupted after \d+ of 200 images; rerun the command to resume$/m);
  const unkept = await legibleProcess(evaluate, interrupt);
  assert.match(unkept.err, /^interrupted after .*; their results are kept only with --json or --predictions$/m);
});

test("a command that saves nothing exits with 143 at once", async (t) => {
  const x4 = join(temporaryFolder(t), "x4.onnx");
  await writeModel(enlarging(4), x4);
  const profile = ["profile", x4, "--runs", "1000000", "--size", "16"];
  const { code, signal } = await legibleProcess(profile, { signal: "SIGTERM", when: /profiling/ });
  assert.deepEqual([code, signal], [143, null]);
});

test("a set that is interrupted while it is rendered leaves nothing", async (t) => {
  const folder = temporaryFolder(t);
  const rendering = ["synthesize", "--count", "20000", "-o", join(folder, "set")];
  const { code, err } = await legibleProcess(rendering, { signal: "SIGINT", when: /rendering/ });
  assert.equal(code, 130, err);
  assert.match(err, /^interrupted after \d+ of 20000 images; nothing was written$/m);
  assert.deepEqual(readdirSync(folder), []);
});
