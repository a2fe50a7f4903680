import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { type TestContext, test } from "node:test";
import sharp from "sharp";
import { residualProcessor } from "../../testing/processors.js";
import { temporaryFolder, writeFiles } from "../../testing/workspace.js";
import { findTask } from "../data/tasks/index.js";
import { writeModel } from "../platform/node/models.js";
import { openProcessor } from "../processors/open.js";
import { Processor } from "../processors/processor.js";
import { type DegradeFilesOptions, degradeFiles, type EnhanceFilesOptions, enhanceFiles } from "./batch.js";
import { openOutputStore } from "./image-jobs.js";
import { planFiles } from "./plan.js";

const processor = new Processor(residualProcessor(2));
const NAMES = ["a.png", "b.png", "deep/c.png"];

const plain = (color: string) =>
  sharp({ create: { width: 9, height: 7, channels: 3, background: color } })
    .png({ compressionLevel: 0 })
    .toBuffer();

/** A folder `in` with three images, and the path of a folder for their results. */
async function workspace(t: TestContext) {
  const folder = temporaryFolder(t);
  const [red, green, blue] = [await plain("red"), await plain("green"), await plain("blue")];
  writeFiles(join(folder, "in"), { "a.png": red, "b.png": green, "deep/c.png": blue });
  return { input: join(folder, "in"), output: join(folder, "out") };
}

type Folders = Awaited<ReturnType<typeof workspace>>;

/** Which images a batch computed. */
async function withStore(
  { input, output }: Folders,
  batch: (plan: Awaited<ReturnType<typeof planFiles>>, options: EnhanceFilesOptions) => Promise<unknown>,
): Promise<string[]> {
  const plan = await planFiles([input], output);
  const store = await openOutputStore(plan);
  const computed: string[] = [];
  const onEnd: EnhanceFilesOptions["onEnd"] = (event) => {
    if (event.kind === "done") computed.push(basename(event.output));
  };
  await batch(plan, { store, onEnd }).finally(() => store?.close());
  return computed;
}

const enhanced = (folders: Folders, options: EnhanceFilesOptions = {}, model = processor) =>
  withStore(folders, (plan, kept) => enhanceFiles(model, plan, { ...kept, ...options }));

const noise = findTask("denoise", { sigma: 0.1 });
const degraded = (folders: Folders, options: DegradeFilesOptions = {}, task = noise) =>
  withStore(folders, (plan, kept) => degradeFiles(task, plan, { ...kept, ...options }));

const ALL = ["a.png", "b.png", "c.png"];

for (const [title, batch] of [
  ["enhanceFiles", enhanced],
  ["degradeFiles", degraded],
] as const) {
  test(`${title} skips complete outputs`, async (t) => {
    const folders = await workspace(t);
    assert.deepEqual(await batch(folders), ALL);
    const times = () => NAMES.map((name) => statSync(join(folders.output, name)).mtimeMs);
    const before = times();
    assert.deepEqual([await batch(folders), times()], [[], before]);
  });

  test(`${title} computes an input again if its content changed, even with the same size and time stamp`, async (t) => {
    const folders = await workspace(t);
    const path = join(folders.input, "b.png");
    utimesSync(path, 1e9, 1e9);
    await batch(folders);
    const { mtimeMs, size } = statSync(path);
    writeFileSync(path, await plain("teal"));
    utimesSync(path, 1e9, 1e9);
    assert.deepEqual([statSync(path).mtimeMs, statSync(path).size], [mtimeMs, size]);
    assert.deepEqual(await batch(folders), ["b.png"]);
  });

  test(`${title} computes an output again if it was deleted or changed`, async (t) => {
    const folders = await workspace(t);
    await batch(folders);
    const [deleted, changed] = ["a.png", "deep/c.png"].map((name) => join(folders.output, name)) as [string, string];
    const contents = [readFileSync(deleted), readFileSync(changed)];
    rmSync(deleted);
    writeFileSync(changed, "something else");
    assert.deepEqual(await batch(folders), ["a.png", "c.png"]);
    assert.deepEqual([readFileSync(deleted), readFileSync(changed)], contents);
  });

  test(`${title} resumes after an abort with what is left`, async (t) => {
    const folders = await workspace(t);
    const stop = new AbortController();
    const seen: string[] = [];
    const onEnd: EnhanceFilesOptions["onEnd"] = (event) => {
      seen.push(event.input);
      stop.abort();
    };
    await assert.rejects(batch(folders, { signal: stop.signal, onEnd }), { name: "AbortError" });
    assert.deepEqual(seen, [join(folders.input, "a.png")]);
    assert.deepEqual(await batch(folders), ["b.png", "c.png"]);
  });

  test(`${title} computes everything in each call without a store, and keeps no records`, async (t) => {
    const folders = await workspace(t);
    const run = async () => {
      const computed: string[] = [];
      const onEnd: EnhanceFilesOptions["onEnd"] = (event) => computed.push(event.kind);
      await batch(folders, { store: undefined, onEnd });
      return computed;
    };
    for (const _ of [1, 2]) assert.deepEqual(await run(), ["done", "done", "done"]);
    assert.deepEqual(await batch(folders), ALL);
  });
}

test("another model, tile size or sidecar format computes everything again; another name of the model does not", async (t) => {
  const folders = await workspace(t);
  await enhanced(folders);
  const { graph } = processor;
  const renamed = new Processor({ ...graph, name: "renamed", metadata: { note: "evaluated" } });
  assert.deepEqual(await enhanced(folders, {}, renamed), []);
  assert.deepEqual(await enhanced(folders, {}, new Processor(residualProcessor(2, 0.03))), ALL);
  assert.deepEqual(await enhanced(folders, { tile: 4 }), ALL);
  const { input, output } = processor.format;
  const swapped = new Processor(graph, { format: { input: { ...input, channels: "BGR" }, output } });
  assert.deepEqual(await enhanced(folders, {}, swapped), ALL);
});

test("another task, option, seed or index degrades an image again", async (t) => {
  const folders = await workspace(t);
  await degraded(folders);
  assert.deepEqual(await degraded(folders, { seed: 1 }), ALL);
  assert.deepEqual(await degraded(folders, { seed: 1 }, findTask("denoise", { sigma: 0.2 })), ALL);
  assert.deepEqual(await degraded(folders, { seed: 1 }, findTask("jpeg", {})), ALL);
  rmSync(join(folders.input, "a.png"));
  assert.deepEqual(await degraded(folders, { seed: 1 }, findTask("jpeg", {})), ["b.png", "c.png"]);
});

test("an image that fails is listed and tried again by the next call", async (t) => {
  const folders = await workspace(t);
  writeFileSync(join(folders.input, "b.png"), "not an image");
  const plan = await planFiles([folders.input], folders.output);
  for (const [kept, first] of [
    [0, "done"],
    [2, "kept"],
  ] as const) {
    const store = await openOutputStore(plan);
    const kinds: string[] = [];
    const onEnd: EnhanceFilesOptions["onEnd"] = ({ kind }) => kinds.push(kind);
    const summary = await enhanceFiles(processor, plan, { store, onEnd }).finally(() => store?.close());
    assert.deepEqual(kinds, [first, "failed", first]);
    assert.deepEqual([summary.written.length, summary.kept], [2, kept]);
    assert.deepEqual(
      summary.failed.map(({ input }) => input),
      [join(folders.input, "b.png")],
    );
    assert.match(summary.failed[0]?.reason ?? "", /^cannot decode .*b\.png: /);
  }
});

test("progress starts at 0 and ends at 1 for each image", async (t) => {
  const seen: [number, number][] = [];
  await enhanced(await workspace(t), { onProgress: (...progress) => seen.push(progress) });
  assert.deepEqual(seen, [
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
    [2, 0],
    [2, 1],
  ]);
});

test("a store in an output folder inside the input folder is not an input", async (t) => {
  const { input } = await workspace(t);
  const folders = { input, output: join(input, "out") };
  assert.deepEqual(await enhanced(folders), ALL);
  assert.deepEqual(readdirSync(folders.output).sort(), [".legible-jobs.jsonl", "a.png", "b.png", "deep"]);
  assert.deepEqual(await enhanced(folders), []);
  assert.equal((await planFiles([input], join(input, "elsewhere"))).images.length, 6);
});

test("no store is kept beside a single named output", async (t) => {
  const { input, output } = await workspace(t);
  const plan = await planFiles([join(input, "a.png")], join(output, "large.png"));
  assert.equal(await openOutputStore(plan), undefined);
});

test("after a kill the same call computes what is left, and its outputs equal those of an uninterrupted call", async (t) => {
  const folders = await workspace(t);
  const model = join(folders.input, "..", "model.onnx");
  await writeModel(processor.graph, model);
  const url = (name: string) => JSON.stringify(new URL(name, import.meta.url));
  const code = `
    const { enhanceFiles } = await import(${url("./batch.js")});
    const { openOutputStore } = await import(${url("./image-jobs.js")});
    const { planFiles } = await import(${url("./plan.js")});
    const { openProcessor } = await import(${url("../processors/open.js")});
    const plan = await planFiles([${JSON.stringify(folders.input)}], ${JSON.stringify(folders.output)});
    const onEnd = ({ output }) => output.endsWith("b.png") && process.kill(process.pid, "SIGKILL");
    const store = await openOutputStore(plan);
    await enhanceFiles(await openProcessor(${JSON.stringify(model)}), plan, { store, onEnd });
  `;
  const child = spawn(process.execPath, ["--input-type=module", "-e", code], { stdio: "inherit" });
  const signal = await new Promise((resolve) => child.on("close", (_, signal) => resolve(signal)));
  assert.equal(signal, "SIGKILL");
  const opened = await openProcessor(model); // whose file name is part of the provenance
  assert.deepEqual(await enhanced(folders, {}, opened), ["c.png"]);
  const whole = { ...folders, output: `${folders.output}-whole` };
  await enhanced(whole, {}, opened);
  for (const name of NAMES)
    assert.deepEqual(readFileSync(join(folders.output, name)), readFileSync(join(whole.output, name)));
});
