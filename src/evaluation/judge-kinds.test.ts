import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import sharp from "sharp";
import { enlarging, temporaryFolder } from "../../testing/workspace.js";
import type { Annotation, Box } from "../data/annotation.js";
import type { Dataset } from "../data/dataset.js";
import { HandlingChains } from "../data/handling/chain.js";
import { findTask } from "../data/tasks/index.js";
import type { Image } from "../images/image.js";
import { vocAveragePrecision } from "../metrics/detection/voc.js";
import { encodeImage } from "../platform/node/codec.js";
import { Processor } from "../processors/processor.js";
import { randomAt } from "../random.js";
import type { BoxesPrediction, Judge, LabelMapPrediction } from "../recognition/judge.js";
import { type EvaluateOptions, evaluate } from "./evaluate.js";
import type { DetectorGain } from "./evaluation.js";
import { evaluationFrom, readPredictions } from "./from-predictions.js";
import { detectable } from "./power.js";
import { evaluationTable } from "./table.js";

const [WIDTH, HEIGHT] = [50, 42];

/** Dark images of 50 x 42 pixels with noise and a bright rectangle of class 0 or 1, and what `annotate` knows of each. */
async function rectangles(
  t: TestContext,
  count: number,
  annotate: (box: Box, path: string) => Annotation | Promise<Annotation>,
): Promise<Dataset> {
  const folder = temporaryFolder(t);
  const items = [];
  for (let i = 0; i < count; i++) {
    const random = randomAt(3, i);
    const [left, top] = [random.integer(20), random.integer(18)];
    const box = {
      class: i % 2,
      left,
      top,
      right: left + 10 + random.integer(18),
      bottom: top + 8 + random.integer(14),
    };
    const data = new Uint8Array(3 * WIDTH * HEIGHT).map(() => random.integer(60));
    for (let y = top; y < box.bottom; y++)
      data.fill(box.class === 0 ? 140 : 220, 3 * (y * WIDTH + left), 3 * (y * WIDTH + box.right));
    const path = join(folder, `${i}.png`);
    await encodeImage({ width: WIDTH, height: HEIGHT, data }, path);
    items.push({ path, annotation: await annotate(box, path) });
  }
  return { folders: [folder], items, missing: [] };
}

/** The rectangle of pixels above `level`, whose class follows from its mean; none finds itself on fewer than 30 pixels. */
function brightBox({ width, data }: Image, level: number) {
  const found: number[] = [];
  for (let i = 0; i < data.length; i += 3) if ((data[i] as number) > level) found.push(i / 3);
  if (found.length < 30) return [];
  const [xs, ys] = [found.map((i) => i % width), found.map((i) => Math.floor(i / width))];
  const mean = found.reduce((sum, i) => sum + (data[3 * i] as number), 0) / found.length;
  const [left, right] = [Math.min(...xs), Math.max(...xs) + 1];
  const [top, bottom] = [Math.min(...ys), Math.max(...ys) + 1];
  return [{ class: Number(mean > 180), score: mean / 255 + found.length / 1e6, left, right, top, bottom }];
}

const detector = (name: string, level: number): Judge<BoxesPrediction> => ({
  ...{ kind: "boxes", name, key: `${name} ${level}`, settings: { scoreThreshold: level / 255 } },
  async requireKnows() {},
  predict: async (images) => images.map((image) => ({ kind: "boxes", boxes: brightBox(image, level) })),
});

/** Labels pixels by their brightness: 0 dark, 1 medium, 2 bright. */
const segmenter: Judge<LabelMapPrediction> = {
  ...{ kind: "label-map", name: "levels", key: "levels" },
  async requireKnows() {},
  predict: async (images) =>
    images.map(({ width, height, data }) => ({
      ...{ kind: "label-map", width, height },
      classes: Uint8Array.from({ length: width * height }, (_, i) => {
        const value = data[3 * i] as number;
        return Number(value > 100) + Number(value > 180);
      }),
    })),
};

async function evaluated(
  t: TestContext,
  options: Pick<EvaluateOptions, "dataset" | "judges"> & Partial<EvaluateOptions>,
) {
  const predictions = join(temporaryFolder(t), "predictions.jsonl");
  const processors = [new Processor(enlarging(4))];
  const evaluation = await evaluate({
    task: findTask("sr", { scale: 4 }),
    processors,
    predictions,
    batch: 5,
    ...options,
  });
  return { evaluation, predictions };
}

const boxes = (box: Box): Annotation => ({ kind: "boxes", boxes: [box] });

/** A gray PNG with the label of each pixel: 1 or 2 inside the rectangle, 255 in the first column. */
async function labelMap(box: Box, path: string): Promise<Annotation> {
  const labels = new Uint8Array(WIDTH * HEIGHT);
  for (let y = box.top; y < box.bottom; y++) labels.fill(box.class + 1, y * WIDTH + box.left, y * WIDTH + box.right);
  for (let y = 0; y < HEIGHT; y++) labels[y * WIDTH] = 255;
  const map = path.replace(".png", "-labels.png");
  await sharp(labels, { raw: { width: WIDTH, height: HEIGHT, channels: 1 } })
    .toColourspace("b-w")
    .png()
    .toFile(map);
  return { kind: "label-map", path: map };
}

test("two detectors are judged by mAP on whole images, and the predictions file gives the same evaluation", async (t) => {
  const dataset = await rectangles(t, 14, boxes);
  const { evaluation, predictions } = await evaluated(t, {
    dataset,
    judges: [detector("low", 100), detector("high", 170)],
  });
  assert.equal(evaluation.protocol, "full");
  assert.deepEqual(await evaluationFrom(predictions), evaluation);
  const clean = evaluation.rows.at(-1)?.detectors;
  assert.ok(Math.abs((clean?.low?.map11 ?? 0) - 100) < 1e-9 && Math.abs((clean?.low?.coco_ap ?? 0) - 100) < 1e-9);
  assert.ok(Math.abs((clean?.high?.map ?? 0) - 50) < 1e-9, "it finds no object of the darker class");
  assert.deepEqual([evaluation.gains, evaluation.flips, evaluation.detection?.objects], [[], [], 14]);
  assert.deepEqual(evaluation.judge_settings, {
    low: { scoreThreshold: 100 / 255 },
    high: { scoreThreshold: 170 / 255 },
  });
  const table = evaluationTable(evaluation);
  assert.match(
    table,
    /^\| processor +\| PSNR \(dB\) \| +SSIM \| PSNR-Y \(dB\) \| SSIM-Y \| lattice 1\/4 \| lattice 1\/2 \| +low mAP \| +high mAP \|/,
  );
  assert.match(table, /low: scoreThreshold 0\.39/);
});

test("the interval of a gain in mAP is that of resampled images whose AP is computed anew", async (t) => {
  const dataset = await rectangles(t, 9, boxes);
  const { evaluation, predictions } = await evaluated(t, { dataset, judges: [detector("low", 120)] });
  const { images } = (await readPredictions(predictions)).measurements;
  const mapOf = (chosen: readonly number[], row: number) => {
    const [truth, found] = [[], []] as [(Box & { image: number })[], never[]];
    for (const [place, image] of chosen.entries()) {
      const prediction = images[image]?.rows[row]?.predictions[0] as BoxesPrediction;
      truth.push(...(images[image]?.boxes ?? []).map((box) => ({ ...box, image: place })));
      (found as object[]).push(...prediction.boxes.map((box) => ({ ...box, image: place })));
    }
    return vocAveragePrecision({ images: chosen.length, truth, found }).map11 ?? Number.NaN;
  };
  const random = xoroshiro128plus(0);
  const differences = Array.from({ length: 1000 }, () => {
    const chosen = images
      .map(() => Math.floor(((random.next() >>> 0) / 2 ** 32) * images.length))
      .sort((a, b) => a - b);
    return 100 * (mapOf(chosen, 1) - mapOf(chosen, 0));
  }).sort((a, b) => a - b);
  const at = (position: number) => {
    const [below, above] = [differences[Math.floor(position)], differences[Math.ceil(position)]] as [number, number];
    return below + (above - below) * (position % 1);
  };
  const gain = evaluation.detector_gains?.[0] as DetectorGain;
  assert.deepEqual([gain.processor, gain.over, gain.detector], ["enlarging", "none", "low"]);
  const [low = 0, high = 0] = gain.ci95 ?? [];
  assert.ok(Math.abs(low - at(0.025 * 999)) < 1e-9 && Math.abs(high - at(0.975 * 999)) < 1e-9, `${low} ${high}`);
  const all = images.map((_, i) => i);
  assert.ok(Math.abs((gain.map11 ?? 0) - 100 * (mapOf(all, 1) - mapOf(all, 0))) < 1e-9);
});

test("a segmenter is judged by mIoU without ignored pixels, from counts that the predictions file holds", async (t) => {
  const dataset = await rectangles(t, 6, labelMap);
  const { evaluation, predictions } = await evaluated(t, { dataset, judges: [segmenter] });
  assert.deepEqual(await evaluationFrom(predictions), evaluation);
  assert.ok(Math.abs((evaluation.rows.at(-1)?.segmenters?.levels?.miou ?? 0) - 100) < 1e-9);
  const none = evaluation.rows[0]?.segmenters?.levels;
  assert.ok((none?.miou ?? 0) < 100 && (none?.ci95?.[0] ?? 0) <= (none?.miou ?? 0));
  assert.match(evaluationTable(evaluation), /levels mIoU/);
  const lines = readFileSync(predictions, "utf8").trimEnd().split("\n").slice(1);
  for (const line of lines) {
    const { confusions } = JSON.parse(line) as { confusions: number[][] };
    const pixels = confusions.reduce((sum, [, , count = 0]) => sum + count, 0);
    assert.equal(pixels, 47 * 40); // 48 x 40 at scale 4, less the first column
  }
});

test("boxes follow the resize and the crop of the protocol imagenet, and what it shows too little of is difficult", async (t) => {
  const folder = temporaryFolder(t);
  const [width, height] = [600, 300];
  const data = new Uint8Array(3 * width * height);
  const box = { class: 0, left: 240, top: 90, right: 390, bottom: 210 };
  for (let y = box.top; y < box.bottom; y++) data.fill(255, 3 * (y * width + box.left), 3 * (y * width + box.right));
  const path = join(folder, "wide.png");
  await encodeImage({ width, height, data }, path);
  // The crop begins at 144 of 512 columns, which is 168.75 of 600: a tenth of the second box is right of it.
  const cut = { class: 0, left: 78.75, top: 90, right: 178.75, bottom: 210 };
  const outside = { class: 0, left: 0, top: 90, right: 100, bottom: 210 };
  const dataset = {
    ...{ folders: [folder], missing: [] },
    items: [{ path, annotation: { kind: "boxes", boxes: [box, cut, outside] } as const }],
  };
  const judges = [detector("bright", 127)];
  const { predictions } = await evaluated(t, { dataset, judges, protocol: "imagenet" });
  const [image] = (await readPredictions(predictions)).measurements.images;
  const [followed, difficult, ...others] = image?.boxes ?? [];
  const found = image?.rows.at(-1)?.predictions[0];
  const [seen] = found?.kind === "boxes" ? found.boxes : [];
  for (const side of ["left", "top", "right", "bottom"] as const)
    assert.ok(Math.abs((followed?.[side] ?? 0) - (seen?.[side] ?? 0)) <= 1, side);
  assert.deepEqual([difficult?.difficult, difficult?.truncated, difficult?.left, others], [true, true, 0, []]);
});

test("detectors and segmenters judge again after handlings: a shift by 0 changes nothing, and a strong blur hides all", async (t) => {
  const handlings = HandlingChains.parse("shift:0,blur:5");
  for (const [judge, annotate] of [
    [detector("high", 170), boxes],
    [segmenter, labelMap],
  ] as const) {
    const { evaluation, predictions } = await evaluated(t, {
      dataset: await rectangles(t, 5, annotate),
      judges: [judge],
      handlings,
    });
    const [shift, blur] = evaluation.survival?.handlings ?? [];
    const figureOf = (row: number) => {
      const { detectors, segmenters } = evaluation.rows[row] ?? {};
      return detectors?.[judge.name]?.map11 ?? segmenters?.[judge.name]?.miou;
    };
    for (const row of [0, 1, 2]) assert.equal(shift?.rows[row]?.judges[judge.name], figureOf(row));
    assert.ok((blur?.rows.at(-1)?.judges[judge.name] as number) < (figureOf(2) as number) / 2);
    const [gain] = evaluation.detector_gains ?? evaluation.segmenter_gains ?? [];
    assert.deepEqual(shift?.gains[0]?.judges[judge.name]?.ci95?.map(Math.round), gain?.ci95?.map(Math.round));
    assert.deepEqual(await evaluationFrom(predictions), evaluation);
    assert.match(evaluationTable(evaluation), /enlarging over none, blur:5/);
  }
});

test("where an interval includes 0, the detectable gain is 2.8 standard errors, of which the half interval is 1.96", () => {
  assert.equal(detectable([0.1, 2]), undefined);
  assert.equal(detectable([-2, -0.1]), undefined);
  assert.ok(Math.abs((detectable([-1.96, 1.96]) ?? 0) - 2.8016) < 1e-3);
});

test("images with boxes but no object that counts have no mAP, and the file still gives the same evaluation", async (t) => {
  const dataset = await rectangles(t, 3, (box) => ({ kind: "boxes", boxes: [{ ...box, difficult: true }] }));
  const { evaluation, predictions } = await evaluated(t, { dataset, judges: [detector("low", 100)] });
  const { map11, map, coco_ap } = evaluation.rows[0]?.detectors?.low ?? {};
  assert.deepEqual([map11, map, evaluation.detection?.objects], [null, null, 0]);
  assert.equal(typeof coco_ap, "number", "COCO has no difficult objects");
  assert.deepEqual(await evaluationFrom(predictions), evaluation);
  assert.match(evaluationTable(evaluation), /low mAP/);
});

test("a file in which a judge predicts boxes for one image and a class for another is refused", async (t) => {
  const dataset = await rectangles(t, 2, boxes);
  const { predictions } = await evaluated(t, { dataset, judges: [detector("low", 100)] });
  const lines = readFileSync(predictions, "utf8").trimEnd().split("\n");
  const { boxes: _, ...last } = JSON.parse(lines.at(-1) as string);
  writeFileSync(predictions, [...lines.slice(0, -1), JSON.stringify({ ...last, ranked: [] })].join("\n"));
  await assert.rejects(evaluationFrom(predictions), { name: "UserError", message: /low has predictions of two kinds/ });
});
