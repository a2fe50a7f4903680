import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import sharp from "sharp";
import { temporaryFolder, writeFiles } from "../../testing/workspace.js";
import type { Image } from "../images/image.js";
import { randomAt } from "../random.js";
import { classAnnotation } from "./annotation.js";
import type { Batch } from "./batches.js";
import { type Dataset, openDataset } from "./dataset.js";
import { type LoaderOptions, openLoader, openRecognitionLoader } from "./loader.js";
import { defineTask } from "./task.js";
import { findTask } from "./tasks/index.js";

let folder: string;
let dataset: Dataset;
const BROKEN = "broken.png";

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "legible-loader-"));
  const rows = ["file,class_index", `${BROKEN},99`];
  for (let i = 0; i < 7; i++) {
    const noise = { type: "gaussian", mean: 20 + 30 * i, sigma: 10 } as const;
    await sharp({ create: { width: 40 + i, height: 36, channels: 3, background: "black", noise } })
      .png()
      .toFile(join(folder, `${i}.png`));
    rows.push(`${i}.png,${i}`);
  }
  await writeFile(join(folder, BROKEN), "not an image");
  await writeFile(join(folder, "labels.csv"), rows.join("\n"));
  dataset = await openDataset([folder], { needLabels: true });
});

after(() => rm(folder, { recursive: true }));

async function load(steps: number, options: Partial<LoaderOptions> = {}) {
  const loader = openLoader({ dataset, task: findTask("sr"), batch: 3, crop: 32, seed: 4, ...options });
  const batches: Batch[] = [];
  try {
    for (let i = 0; i < steps; i++) batches.push(await loader.next());
  } finally {
    await loader.close();
  }
  return { batches, broken: loader.broken, flawed: loader.flawed };
}

test("a step's batch does not depend on the first step, the number of threads, prefetching or the cache", async () => {
  const { batches } = await load(8);
  assert.deepEqual(
    batches.map(({ step }) => step),
    [0, 1, 2, 3, 4, 5, 6, 7],
  );
  assert.deepEqual((await load(3, { firstStep: 5 })).batches, batches.slice(5));
  assert.deepEqual((await load(8, { workers: 3, prefetch: 5 })).batches, batches);
  assert.deepEqual((await load(8, { prefetch: 1, cacheBytes: 0 })).batches, batches);
  assert.notDeepEqual((await load(8, { seed: 5 })).batches, batches);
});

test("a batch contains images in [0, 1] of the requested sizes, each with its own class", async () => {
  const { batches } = await load(2);
  for (const { images, labels } of batches) {
    const { clean, degraded } = images as Record<"clean" | "degraded", Float32Array>;
    assert.equal(clean.length, 3 * 3 * 32 * 32);
    assert.equal(degraded.length, 3 * 3 * 8 * 8);
    for (const [i, label] of labels.entries()) {
      const pixels = clean.subarray(i * 3072, (i + 1) * 3072);
      const mean = pixels.reduce((sum, value) => sum + value, 0) / 3072;
      assert.ok(Math.abs(mean * 255 - (20 + 30 * Number(label))) < 4, `class ${label}, mean ${mean * 255}`);
    }
  }
});

test("a recognizer's batch contains one image per sample, of the requested size", async () => {
  const augmentation = { crop: 0.6, flip: true, color: 0.3 };
  const open = (firstStep: number) =>
    openRecognitionLoader({ dataset, size: 24, augmentation, batch: 3, seed: 4, firstStep });
  const loader = open(0);
  const [first, second] = [await loader.next(), await loader.next()];
  await loader.close();
  const later = open(1);
  assert.deepEqual(await later.next(), second);
  await later.close();
  assert.deepEqual([Object.keys(first.images), first.images.image.length], [["image"], 3 * 3 * 24 * 24]);
  assert.ok(first.images.image.every((value) => value >= 0 && value <= 1));
  assert.ok(first.labels.every((label) => label >= 0n && label < 7n));
});

test("a broken image is reported by the one step of an epoch whose batch has it, and kept for a resumed run", async () => {
  const reporting = [];
  for (let firstStep = 0; firstStep < 8; firstStep++)
    reporting.push(...(await load(1, { batch: 1, firstStep })).broken.keys());
  assert.deepEqual(reporting, [join(folder, BROKEN)]);
  const earlier = { broken: new Map([["a.png", "no image"]]), flawed: new Map([["b.png", "its end"]]) };
  const { broken, flawed } = await load(1, { earlier });
  assert.deepEqual([broken.get("a.png"), flawed.get("b.png")], ["no image", "its end"]);
});

test("a broken image is reported once and replaced, and an epoch contains every other image", async () => {
  const { batches, broken } = await load(8, { batch: 8 });
  assert.deepEqual([...broken.keys()], [join(folder, BROKEN)]);
  assert.doesNotMatch([...broken.values()].join(), /\n/);
  for (const { labels } of batches) {
    assert.ok(!labels.includes(99n));
    assert.equal(new Set(labels).size, 7);
  }
});

test("a JPEG without its end marker is loaded and reported as flawed, by threads and by the main thread", async (t) => {
  const data = temporaryFolder(t);
  const noise = { type: "gaussian", mean: 120, sigma: 20 } as const;
  const jpeg = await sharp({ create: { width: 40, height: 40, channels: 3, background: "black", noise } })
    .jpeg()
    .toBuffer();
  writeFiles(data, { "whole.jpg": jpeg, "cut.jpg": jpeg.subarray(0, -2) });
  const flawedSet = await openDataset([data], { needLabels: false });
  const { options } = findTask("sr").kind;
  const own = defineTask({ name: "own", options, scale: 1, degrade: async (clean) => clean }).create();
  for (const task of [findTask("sr"), own]) {
    const { broken, flawed } = await load(2, { dataset: flawedSet, task });
    assert.equal(broken.size, 0);
    assert.deepEqual([...flawed], [[join(data, "cut.jpg"), "its end marker is missing"]]);
  }
});

test("a data set of only broken images is refused", async () => {
  const items = [{ path: join(folder, BROKEN), annotation: classAnnotation(0) }];
  await assert.rejects(
    load(1, { dataset: { ...dataset, items } }),
    /20 in a row cannot be read, 1 in total \(first: .*broken\.png/,
  );
});

test("a crop that is not a multiple of the scale is refused", async () => {
  await assert.rejects(load(1, { crop: 30 }), /`crop` 30: it is not a multiple of the scale 4/);
});

test("a custom task runs in the main thread and gives the same batches", async () => {
  const { options } = findTask("sr").kind;
  const reduce = (clean: Image, scale: unknown) => findTask("sr", { scale }).degrade(clean, randomAt(0));
  const kind = defineTask({ name: "own", options, scale: 4, degrade: (clean, { scale }) => reduce(clean, scale) });
  const { batches, broken } = await load(5, { task: kind.create(), firstStep: 1 });
  assert.deepEqual(batches, (await load(6)).batches.slice(1));
  assert.deepEqual([...broken.keys()], [join(folder, BROKEN)]);
  await assert.rejects(
    load(1, {
      task: kind.create(),
      dataset: { ...dataset, items: [{ path: join(folder, BROKEN), annotation: classAnnotation(0) }] },
    }),
    /20 in a row cannot be read/,
  );
});

test("next() rejects when a worker thread dies", async () => {
  const task = { ...findTask("sr"), name: "unknown to the worker" };
  await assert.rejects(load(1, { task }), /cannot find task "unknown to the worker"/);
});
