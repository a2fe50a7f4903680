import assert from "node:assert/strict";
import { readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import sharp from "sharp";
import { residualProcessor } from "../../testing/processors.js";
import { temporaryFolder, writeFiles } from "../../testing/workspace.js";
import { Processor } from "../processors/processor.js";
import { type EnhanceFilesOptions, enhanceFiles } from "./batch.js";
import { openOutputStore } from "./image-jobs.js";
import { planFiles } from "./plan.js";

const processor = new Processor(residualProcessor(2));
const png = await sharp({ create: { width: 9, height: 7, channels: 3, background: "teal" } })
  .png({ compressionLevel: 0 })
  .toBuffer();

/** The names of the images. */
const NAMES = ["a.png", "b.png", "c.png"];

function workspace(t: TestContext) {
  const folder = temporaryFolder(t);
  writeFiles(join(folder, "in"), Object.fromEntries(NAMES.map((name) => [name, png])));
  return { input: join(folder, "in"), output: join(folder, "out"), at: (name: string) => join(folder, "out", name) };
}

/** Enhances the images, and returns what became of each. */
async function run(folders: { input: string; output: string }, options: EnhanceFilesOptions) {
  const plan = await planFiles([folders.input], folders.output);
  const store = await openOutputStore(plan);
  const kinds: string[] = [];
  const onEnd: EnhanceFilesOptions["onEnd"] = ({ kind }) => kinds.push(kind);
  await enhanceFiles(processor, plan, { store, onEnd, ...options }).finally(() => store?.close());
  return kinds;
}

test("skip keeps complete outputs, computes what is missing or changed, and leaves files of others alone", async (t) => {
  const folders = workspace(t);
  writeFiles(folders.output, { "b.png": "a file of another program" });
  assert.deepEqual(await run(folders, { overwrite: "skip" }), ["done", "exists", "done"]);
  assert.equal(readFileSync(folders.at("b.png"), "utf8"), "a file of another program");
  rmSync(folders.at("a.png"));
  const content = readFileSync(folders.at("c.png"));
  writeFileSync(folders.at("c.png"), content.subarray(0, 40));
  assert.deepEqual(await run(folders, { overwrite: "skip" }), ["done", "exists", "done"]);
  assert.deepEqual(readFileSync(folders.at("c.png")), content);
  assert.deepEqual(await run(folders, { overwrite: "skip" }), ["kept", "exists", "kept"]);
});

test("replace computes every output, also complete ones and in the place of files of others", async (t) => {
  const folders = workspace(t);
  writeFiles(folders.output, { "b.png": "a file of another program" });
  for (const _ of [1, 2]) assert.deepEqual(await run(folders, { overwrite: "replace" }), ["done", "done", "done"]);
  assert.equal((await sharp(folders.at("b.png")).metadata()).width, 18);
});

test("newer computes outputs that are older than their input, also those of other programs, and those that are missing", async (t) => {
  const folders = workspace(t);
  writeFiles(folders.output, { "a.png": "old", "b.png": "new" });
  for (const name of NAMES) utimesSync(join(folders.input, name), 2000, 2000);
  utimesSync(folders.at("a.png"), 1000, 1000);
  utimesSync(folders.at("b.png"), 3000, 3000);
  assert.deepEqual(await run(folders, { overwrite: "newer" }), ["done", "exists", "done"]);
  assert.equal(readFileSync(folders.at("b.png"), "utf8"), "new");
  assert.deepEqual(await run(folders, { overwrite: "newer" }), ["kept", "exists", "kept"]);
});

test("fail stops before any work if an output exists, and names it", async (t) => {
  const folders = workspace(t);
  writeFiles(folders.output, { "c.png": "a file of another program" });
  await assert.rejects(run(folders, { overwrite: "fail" }), /^UserError: .*c\.png exists; `overwrite` decides/);
  await assert.rejects(sharp(folders.at("a.png")).metadata(), /missing/);
  rmSync(folders.at("c.png"));
  assert.deepEqual(await run(folders, { overwrite: "fail" }), ["done", "done", "done"]);
});

test("files whose size and times are unchanged are not read; verify reads them and finds a change", async (t) => {
  const folders = workspace(t);
  await setTimeout(2100); // before, inputs are too new to be recognized by their times
  await run(folders, {});
  const [changed, before] = [folders.at("b.png"), readFileSync(folders.at("b.png"))];
  utimesSync(changed, 1e9, 1e9); // unlike the record, so that the content is read and the record updated
  assert.deepEqual(await run(folders, {}), ["kept", "kept", "kept"]);
  writeFileSync(changed, Buffer.alloc(before.length));
  utimesSync(changed, 1e9, 1e9);
  assert.deepEqual(await run(folders, {}), ["kept", "kept", "kept"]);
  assert.deepEqual(await run(folders, { verify: true }), ["kept", "done", "kept"]);
  assert.deepEqual(readFileSync(changed), before);
});

test("records of an earlier version, which state no sizes and times, are valid and get them", async (t) => {
  const folders = workspace(t);
  await run(folders, {});
  await setTimeout(2100);
  const file = folders.at(".legible-jobs.jsonl");
  const records = () =>
    readFileSync(file, "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
  const earlier = records().map(({ name, key, outputs, result }) => ({
    ...{ name, key, result },
    outputs: outputs.map(({ path, sha256 }: Record<string, string>) => ({ path, sha256 })),
  }));
  writeFileSync(file, earlier.map((record) => `${JSON.stringify(record)}\n`).join(""));
  assert.deepEqual(await run(folders, { overwrite: "skip" }), ["kept", "kept", "kept"]);
  const updated = records().slice(-3);
  assert.ok(updated.every(({ input, outputs }) => input.stamp && outputs[0].stamp));
});

test("if the output folder vanishes, the batch ends with one sentence and does not create it again", async (t) => {
  const folders = workspace(t);
  const onEnd = () => rmSync(folders.output, { recursive: true, force: true });
  const slow = { onEnd, onProgress: (_: number, share: number) => void (share === 0 && onEnd()) };
  await assert.rejects(run(folders, slow), /cannot write|was removed or replaced/);
});

test("an input that vanishes is a failure of that image, with the reason", async (t) => {
  const folders = workspace(t);
  const plan = await planFiles([folders.input], folders.output);
  rmSync(join(folders.input, "b.png"));
  const { written, failed } = await enhanceFiles(processor, plan, {});
  assert.equal(written.length, 2);
  assert.match(failed[0]?.reason ?? "", /^cannot read .*b\.png: no such file or folder$/);
});

test("without collect the summary lists no image, and events have all", async (t) => {
  const folders = workspace(t);
  const plan = await planFiles([folders.input], folders.output);
  const outputs: string[] = [];
  const onEnd: EnhanceFilesOptions["onEnd"] = ({ output }) => outputs.push(output);
  const summary = await enhanceFiles(processor, plan, { collect: false, onEnd });
  assert.deepEqual(summary, { written: [], kept: 0, failed: [] });
  assert.deepEqual(outputs, NAMES.map(folders.at));
});
