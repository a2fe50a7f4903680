import assert from "node:assert/strict";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { temporaryFolder, writeLabeledImages } from "../../testing/workspace.js";
import type { Tensor } from "../onnx/tensor.js";
import { readSafetensors, writeSafetensors } from "../platform/node/safetensors-files.js";
import { type TrainOptions, train } from "./train.js";
import { trainRecognizer } from "./train-recognizer.js";

/** Short trainings on eight images in folders of their own. */
async function trainings(t: TestContext, own: Partial<TrainOptions>) {
  const folder = temporaryFolder(t);
  const data = join(folder, "data");
  await writeLabeledImages(data, 8, 40);
  const at = (out: string, file = "") => join(folder, out, file);
  // Passes take time and change nothing about folders.
  const settings = { processor: "compact-s", batch: 2, crop: 32, passes: "none", data: [data], ...own };
  return {
    data,
    at,
    run: (out: string, more: Partial<TrainOptions> = {}) => train({ ...settings, ...more, out: at(out) }),
    resume: (out: string, more: Partial<TrainOptions> = {}) => train({ ...more, resume: true, out: at(out) }),
    same: (one: string, other: string, file: string) =>
      assert.ok(
        readFileSync(at(one, file)).equals(readFileSync(at(other, file))),
        `${file} of ${one} and ${other} differ`,
      ),
  };
}

/** Interrupts a training after a step. */
function until(last: number) {
  const stop = new AbortController();
  return { signal: stop.signal, onStep: ({ step }: { step: number }) => void (step === last && stop.abort()) };
}

test("a run that is interrupted between two log entries writes the log of an uninterrupted one, byte for byte", async (t) => {
  const { run, resume, same, at } = await trainings(t, { steps: 25 });
  await run("whole");
  await run("parts", until(7));
  await resume("parts", until(13));
  await resume("parts");
  for (const file of ["log.jsonl", "model.onnx", "checkpoint.safetensors"]) same("whole", "parts", file);
  const steps = readFileSync(at("parts", "log.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line).step);
  assert.deepEqual(steps, [10, 20, 25]);
});

test("a checkpoint of an earlier version, which has no sums of the log, and a garbled log are resumed", async (t) => {
  const { run, resume, same, at } = await trainings(t, { steps: 25 });
  await run("whole");
  await run("parts", until(13));
  writeFileSync(at("parts", "log.jsonl"), `${readFileSync(at("parts", "log.jsonl"), "utf8")}\0\0{"step":}\n`);
  cpSync(at("parts"), at("old"), { recursive: true });
  await resume("parts");
  same("whole", "parts", "log.jsonl");

  const path = at("old", "checkpoint.safetensors");
  const { tensors, metadata } = await readSafetensors(path);
  await writeSafetensors(path, { tensors, metadata: { step: metadata.step as string } });
  await resume("old");
  same("whole", "old", "model.onnx");
});

test("a start that fails leaves nothing, and the same command with another setting trains", async (t) => {
  const { run, at } = await trainings(t, { steps: 3 });
  await assert.rejects(run("run", { lr: 1e30 }), /the loss is not a finite number/);
  assert.deepEqual(readdirSync(at("run")), []);
  await assert.rejects(run("run", { threads: -1 }), /./);
  await run("run");
  assert.ok(existsSync(at("run", "model.onnx")));
});

test("a run that was killed before its first checkpoint is replaced, with and without resume", async (t) => {
  const { run, at, same } = await trainings(t, { steps: 12 });
  await run("whole");
  for (const more of [{}, { resume: true }]) {
    rmSync(at("killed"), { recursive: true, force: true });
    await run("killed", { seed: 3, ...until(11) });
    for (const file of ["checkpoint.safetensors", "model.onnx"]) rmSync(at("killed", file));
    await run("killed", more);
    for (const file of ["log.jsonl", "model.onnx", "config.json"]) same("whole", "killed", file);
  }
});

test("a folder with a model of no run, or a run without its checkpoint, is not overwritten", async (t) => {
  const { run, resume, at } = await trainings(t, { steps: 2 });
  await run("run");
  rmSync(at("run", "checkpoint.safetensors"));
  await assert.rejects(resume("run"), /already holds a run without a checkpoint: set `init` to its model to train on/);
  rmSync(at("run", "config.json"));
  await assert.rejects(run("run"), /already holds files of a run without a config\.json/);
});

test("a log that is of no run is not overwritten", async (t) => {
  const { run, at } = await trainings(t, { steps: 2 });
  mkdirSync(at("own"));
  writeFileSync(at("own", "log.jsonl"), "mine");
  await assert.rejects(run("own"), /already holds a log\.jsonl of other origin: move it, or choose another `out`/);
  assert.equal(readFileSync(at("own", "log.jsonl"), "utf8"), "mine");
  assert.ok(!existsSync(at("own", "config.json")));
});

test("with drops instead of cosine decay, a finished run is extended to the bytes of a longer one", async (t) => {
  // Four epochs of four steps; more than 2000 steps would have the same warm-up, here it is over before the extension.
  const { run, resume, same, at } = await trainings(t, { lrDrops: [2], steps: 18 });
  await run("long");
  await run("extended", { steps: 15 });
  await resume("extended", { steps: 18 });
  for (const file of ["log.jsonl", "model.onnx"]) same("long", "extended", file);
  const { config, settings, extendedFrom } = JSON.parse(readFileSync(at("extended", "config.json"), "utf8"));
  assert.deepEqual([config.steps, settings.steps, extendedFrom], [18, 18, [15]]);
  await run("epochs", { steps: 16 });
  assert.equal((await resume("epochs", { epochs: 5 })).step, 20);
  await assert.rejects(resume("epochs", { steps: 19 }), /it was started with `steps` 20, not 19$/);
});

test("with cosine decay, more steps are refused with the learning rate that would change, and how to train on", async (t) => {
  const { run, resume, at } = await trainings(t, { steps: 10, lr: 1e-3 });
  await run("run");
  // Cosine decay over 10 steps, warm-up 1: the last step has progress 8/9. Over 20 steps it has progress 8/19.
  const expected = (progress: number) =>
    (1e-3 * (0.01 + 0.99 * 0.5 * (1 + Math.cos(Math.PI * progress)))).toPrecision(2);
  await assert.rejects(resume("run", { steps: 20 }), (error: Error) => {
    assert.match(error.message, /it was started with `steps` 10, not 20\. The learning rate decays over all steps/);
    assert.ok(
      error.message.includes(`at step 10 it was ${expected(8 / 9)}, and of 20 steps it would be ${expected(8 / 19)}`),
    );
    assert.ok(error.message.includes(`set \`init\` to ${at("run")}/model.onnx`), error.message);
    return true;
  });
});

test("every setting that differs is named at a resume, and another task or objective alone", async (t) => {
  const { run, resume, at, data } = await trainings(t, { steps: 2 });
  await run("run");
  await assert.rejects(resume("run", { seed: 7, lr: 0.1, batch: 3 }), {
    message: `cannot resume ${at("run")}: it was started with \`batch\` 2, not 3; \`lr\` 0.0005, not 0.1; \`seed\` 0, not 7`,
  });
  await assert.rejects(resume("run", { task: "denoise" }), /it was started with `task` "sr", not "denoise"$/);
  await assert.rejects(resume("run", { objective: "ra" }), /it was started with `objective` "plain", not "ra"$/);
  await assert.rejects(
    trainRecognizer({ resume: true, out: at("run"), data: [data], steps: 2 }),
    /it is the training of a processor, not of a recognizer/,
  );
});

test("checkpoints, threads and device may change at a resume", async (t) => {
  const { run, resume, same } = await trainings(t, { steps: 12 });
  await run("whole");
  await run("parts", { ...until(5), checkpointEvery: 3, threads: 2 });
  await resume("parts", { checkpointEvery: 4, threads: 1, device: "cpu" });
  same("whole", "parts", "model.onnx");
});

test("a checkpoint with an impossible step, or with tensors of another training, is refused", async (t) => {
  const { run, resume, at } = await trainings(t, { steps: 2 });
  await run("run", until(1));
  const path = at("run", "checkpoint.safetensors");
  const { tensors, metadata } = await readSafetensors(path);
  const refused = async (changed: Parameters<typeof writeSafetensors>[1], message: RegExp) => {
    await writeSafetensors(path, changed);
    await assert.rejects(resume("run"), { name: "UserError", message });
  };
  for (const step of ["-5", "1.5", "x", "1e99"])
    await refused({ tensors, metadata: { ...metadata, step } }, /checkpoint\.safetensors is damaged: its step is /);
  const [[name, first], ...others] = Object.entries(tensors) as [[string, Tensor], ...[string, Tensor][]];
  await refused({ tensors: Object.fromEntries(others), metadata }, new RegExp(`"${name}" is absent; expected float32`));
  const flat = { ...first, shape: [first.data.length, 1] };
  await refused({ tensors: { ...tensors, [name]: flat }, metadata }, new RegExp(`"${name}" is float32 .*; expected`));
});
