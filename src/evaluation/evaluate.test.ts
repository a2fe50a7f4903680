import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { z } from "zod";
import { withCores } from "../../testing/cores.js";
import { type Dataset, openDataset } from "../data/dataset.js";
import { readItem } from "../data/item.js";
import { defineTask, type Task } from "../data/task.js";
import { findTask } from "../data/tasks/index.js";
import { UserError } from "../errors.js";
import { flipHorizontal } from "../images/crop.js";
import { psnr } from "../metrics/psnr.js";
import { rankingOf } from "../metrics/ranking.js";
import { ssim } from "../metrics/ssim.js";
import { GraphBuilder, string } from "../onnx/builder.js";
import { float32 } from "../onnx/tensor.js";
import { encodeImage } from "../platform/node/codec.js";
import { Processor } from "../processors/processor.js";
import { randomAt } from "../random.js";
import { requireClasses } from "../recognition/classes.js";
import type { Judge } from "../recognition/judge.js";
import { type EvaluateOptions, evaluate } from "./evaluate.js";
import { evaluationSample, resolveProtocol } from "./protocols.js";
import { EvaluationWorkers } from "./workers.js";

const IMAGES = 12;
let folder: string;
let dataset: Dataset;

/** Twelve striped images of two sizes, in two brightnesses that are their classes; a broken one and a missing one. */
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "legible-evaluate-"));
  const rows = ["file,class_index", "broken.png,0", "missing.png,1"];
  for (let i = 0; i < IMAGES; i++) {
    const [width, height] = i % 3 ? [32, 40] : [24, 24];
    const data = Uint8Array.from({ length: width * height * 3 }, (_, k) => (i % 2 ? 180 : 60) + ((k * (i + 1)) % 50));
    await encodeImage({ width, height, data }, join(folder, `${i}.png`));
    rows.push(`${i}.png,${i % 2}`);
  }
  await writeFile(join(folder, "broken.png"), "not an image");
  await writeFile(join(folder, "labels.csv"), rows.join("\n"));
  dataset = await openDataset([folder], { needLabels: true });
});

after(() => rm(folder, { recursive: true }));

/** Nearest-neighbor enlargement, its result multiplied by `gain`. */
async function enlarger(name: string, scale: number, gain = 1) {
  const b = new GraphBuilder(name);
  const x = b.input("input", ["n", 3, "h", "w"]);
  const larger = b.add("Resize", [x, "", b.constant(float32([1, 1, scale, scale]))], { mode: string("nearest") });
  b.output("output", b.Mul(larger, b.scalar(gain)));
  return new Processor(b.build(), { name, file: `./${name}.onnx` });
}

/** Tells bright images (class 1) from dark ones (class 0); never predicts class 2. */
const brightness: Judge = {
  kind: "class",
  name: "brightness",
  key: "brightness",
  requireKnows: async (items, attempt) => requireClasses({ name: "brightness", classes: 3 }, items, attempt),
  predict: async (images) =>
    images.map(({ data }) => {
      const mean = data.reduce((a, b) => a + b) / data.length / 255;
      return { kind: "class", ranked: rankingOf([0.5, mean, -1], 0, 3) };
    }),
};

const run = async (options: Partial<EvaluateOptions>) =>
  evaluate({ dataset, task: findTask("sr"), processors: [], judges: [brightness], batch: 5, ...options });

test("none, the processors and clean are measured by PSNR, SSIM and judges", async () => {
  const processors = [await enlarger("nearest", 4), await enlarger("dark", 4, 0.25)];
  const { rows, gains, data, task, scale } = await run({ processors });
  assert.deepEqual([task, scale, data.count], ["sr", 4, IMAGES]);
  assert.deepEqual(
    rows.map(({ processor }) => processor),
    ["none", "nearest", "dark", "clean"],
  );
  assert.deepEqual(
    rows.map(({ recognizers }) => recognizers.brightness?.top1),
    [100, 100, 50, 100],
  );
  assert.deepEqual(
    rows.map(({ recognizers }) => recognizers.brightness?.top5),
    [100, 100, 100, 100],
  );
  const [none, nearest, dark, clean] = rows.map(({ psnr, ssim }) => ({ psnr, ssim }));
  assert.deepEqual(clean, { psnr: null, ssim: 1 });
  for (const row of [none, nearest, dark]) assert.ok((row?.psnr ?? 0) > 3 && (row?.ssim ?? 1) < 1);
  assert.ok((nearest?.psnr ?? 0) > (dark?.psnr ?? 0));
  assert.deepEqual(
    gains.map(({ processor, over, top1 }) => [processor, over, top1]),
    [
      ["nearest", "none", 0],
      ["dark", "none", -50],
      ["dark", "nearest", -50],
    ],
  );
});

test("samples and qualities computed by workers are the same as on this thread, SSIM within 1e-5", async () => {
  const items = dataset.items.filter(({ path }) => !path.endsWith("broken.png"));
  const noisy = findTask("denoise");
  const protocol = resolveProtocol("imagenet", 1);
  const samplesOf = (task: Task) =>
    Promise.all(items.map(async (item, i) => evaluationSample(await readItem(item), task, randomAt(7, i), protocol)));
  const samples = await samplesOf(noisy);
  const [interpolated, clean] = [samples.map((sample) => sample.interpolated), samples.map((sample) => sample.clean)];
  const here = (measure: typeof psnr) => samples.map((sample) => measure(sample.interpolated, sample.clean));
  const own = defineTask({
    name: "own",
    options: z.object({}),
    scale: 1,
    degrade: (image) => flipHorizontal(image),
  }).create();
  const workers = new EvaluationWorkers(protocol);
  try {
    const [qualities = []] = await workers.compare([interpolated], clean);
    assert.deepEqual(
      qualities.map((quality) => quality.psnr),
      here(psnr),
    );
    for (const [i, want] of here(ssim).entries()) assert.ok(Math.abs((qualities[i]?.ssim ?? 0) - want) < 1e-5);
    for (const task of [noisy, own])
      assert.deepEqual(
        (await Promise.all(items.map((item, i) => workers.sample(item, task, [7, i])))).map(({ value }) => value),
        await samplesOf(task),
      );
    const broken = { path: join(folder, "broken.png"), annotation: { kind: "none" } as const };
    await assert.rejects(workers.sample(broken, noisy, [7, 0]), UserError);
    await assert.rejects(workers.compare([clean.toReversed()], clean), UserError);
  } finally {
    await workers.close();
  }
});

test("broken and missing images are left out and listed with the reason", async () => {
  const { skipped } = (await run({})).data;
  assert.deepEqual(skipped.map(({ file }) => file).sort(), [join(folder, "broken.png"), join(folder, "missing.png")]);
  for (const { reason } of skipped) assert.ok(reason.length > 0);
});

test("the numbers depend neither on the batch nor on the number of workers", async (t) => {
  const processors = [await enlarger("nearest", 4)];
  const one = await run({ processors, batch: 1 });
  withCores(t, 3);
  const many = await run({ processors, batch: 16 });
  assert.deepEqual(one.gains, many.gains);
  for (const [i, { psnr, recognizers }] of one.rows.entries()) {
    assert.ok(Math.abs((psnr ?? 0) - (many.rows[i]?.psnr ?? 0)) < 1e-9);
    assert.deepEqual(recognizers, many.rows[i]?.recognizers);
  }
});

test("a limit takes images from all over the data, and progress ends at their number", async () => {
  const seen: number[] = [];
  const { rows, data } = await run({ limit: 6, onProgress: (done, total) => seen.push(done, total) });
  assert.equal(data.count + data.skipped.length - 1, 6);
  assert.equal(rows[0]?.processor, "none");
  assert.deepEqual(seen, [5, 6, 6, 6]);
});

test("without judges only PSNR and SSIM are measured, and no image needs a class", async () => {
  const items = dataset.items.map(({ path }) => ({ path, annotation: { kind: "none" } as const }));
  const { rows, gains } = await run({ dataset: { ...dataset, items }, judges: [] });
  assert.deepEqual(
    rows.map(({ recognizers }) => recognizers),
    [{}, {}],
  );
  assert.deepEqual(gains, []);
});

test("a processor of another scale is refused by name and file", async () => {
  const processors = [await enlarger("triple", 3)];
  await assert.rejects(
    run({ processors }),
    /cannot use triple \(\.\/triple\.onnx\) for the task sr at scale 4: its scale is 3/,
  );
});

test("two processors of one name, or one named like a fixed row, are refused", async () => {
  const nearest = await enlarger("nearest", 4);
  await assert.rejects(run({ processors: [nearest, nearest] }), /two processors named "nearest"/);
  await assert.rejects(
    run({ processors: [await enlarger("clean", 4)] }),
    /a processor cannot be named "clean": that is the row of the original images/,
  );
});

test("a class that the judge does not know is refused", async () => {
  const items = dataset.items.map(({ path }) => ({ path, annotation: { kind: "class", class: 3 } as const }));
  await assert.rejects(run({ dataset: { ...dataset, items } }), /its class is 3, but brightness has 3 classes/);
});
