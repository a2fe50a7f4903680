import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { compactS } from "../src/networks/compact.js";
import { withHalfWeights } from "../src/onnx/half-weights.js";
import { writeModel } from "../src/platform/node/models.js";
import { type Card, withCard } from "../src/processors/card.js";
import { modelsPage } from "../testing/models-page.js";
import { repositoryPath } from "../testing/shared.js";
import { temporaryFolder, writeFiles } from "../testing/workspace.js";

test("models/README.md describes the files in models/ and their results; `npm run models` writes it", async () => {
  assert.equal(readFileSync(repositoryPath("models/README.md"), "utf8"), await modelsPage(repositoryPath()));
});

test("figures state what their intervals are: of accuracies, of detectors, or none where nothing is judged", async () => {
  const page = await modelsPage(repositoryPath());
  const figures = page.split(/^##+ /m).filter((section) => section.startsWith("Figures"));
  assert.ok(figures.some((section) => section.startsWith("Figures: detectors")));
  assert.doesNotMatch(page, /^- - /m);
  for (const section of figures) {
    assert.equal(/Wilson's 95 % intervals/.test(section), /\| flips /.test(section), section);
    assert.equal(/mAP: PASCAL VOC 2007 \(11 recalls\)/.test(section), / mAP \(unseen\)/.test(section), section);
  }
});

const HASH = "0123456789abcdef".repeat(4);

const card: Card = {
  ...{ task: "sr", options: { scale: 2 }, scale: 2, objective: "plain", lambda: 0, recognizers: [], init: null },
  ...{ network: "compact-s", data: { folders: ["bsds-train-400"], count: 400 }, steps: 1234, batch: 4, crop: 96 },
  ...{ lr: 2e-4, seed: 7 },
};
const recognized: Card = {
  ...{ ...card, objective: "ra", lambda: 3e-4, featureWeight: 30 },
  recognizers: [{ name: "seen-net", sha256: HASH, view: "native", weight: 0.5 }],
};

const accuracy = (top1: number) => ({ top1, top5: 99, top1_ci95: [top1 - 2, top1 + 2] });
const row = (processor: string, psnr: number | null, seen: number, other: number, half: number) => ({
  ...{ processor, psnr, ssim: 0.9, lattice: { quarter: 1.5, quarter_ci95: null, half, half_ci95: null } },
  recognizers: { "seen-net": accuracy(seen), "other-net": accuracy(other) },
});
const pair = { processor: "ra", over: "plain" };
const surviving = (points: number, left: number) => ({ points, ci95: [points - 1, points + 1], left });
const evaluation = {
  ...{ task: "sr", options: { scale: 2 }, scale: 2, protocol: "imagenet", crop_border: 0, seed: 0 },
  data: { folders: ["../photos/val"], count: 650, skipped: [] },
  rows: [row("none", 28, 40, 50, 1), row("plain", 30.123, 55, 60, 2.25), row("ra", 29.9, 65, 64, 8)],
  gains: [
    { ...pair, recognizer: "seen-net", top1: 10, ci95: [8, 12] },
    { ...pair, recognizer: "other-net", top1: 4, ci95: [1.5, 6.5] },
  ],
  flips: [{ ...pair, recognizer: "other-net", harmful: 21, helpful: 47, p: 0.001 }],
  survival: {
    handlings: [
      {
        ...{ after: "jpeg:85", rows: [] },
        gains: [{ ...pair, judges: { "seen-net": surviving(7, 70), "other-net": surviving(3, 75) } }],
      },
    ],
  },
};

/** A repository with a plain and an RA model of the task at size s. */
async function repository(t: TestContext, files: Readonly<Record<string, object>> = {}, own: Card = card) {
  const root = temporaryFolder(t);
  const texts = Object.entries({ "results/models/sr-x2-s.json": evaluation, ...files });
  writeFiles(root, { "models/README.md": "", ...Object.fromEntries(texts.map(([k, v]) => [k, JSON.stringify(v)])) });
  await writeModel(withCard(compactS.build(2, 0), own), join(root, "models/sr-x2-s-plain.onnx"));
  const half = withHalfWeights(withCard(compactS.build(2, 1), recognized));
  await writeModel(half.graph, join(root, "models/sr-x2-s-ra.onnx"));
  return root;
}

/** The cells of the first line that begins with this cell. */
const cells = (page: string, first: string): string[] | undefined =>
  page
    .split("\n")
    .map((line) => line.split("|").map((cell) => cell.trim()))
    .find(([, cell]) => cell === first)
    ?.slice(2, -1);

test("the page of models has each model's facts, figures with seen and unseen recognizers, and what handling leaves", async (t) => {
  const note = { minutes: 95, machine: "2 cores", startData: ["imagenette-train"] };
  const trainings = { "results/models/trainings.json": { "sr-x2-s-ra": note } };
  const page = await modelsPage(await repository(t, trainings));
  // 5·5·3·32 + 32, 8 layers of 3·3·32·32 + 32, and 3·3·32·12 + 12.
  const parameters = (2432 + 8 * 9248 + 3468).toLocaleString("en");
  assert.deepEqual(cells(page, "network"), Array(2).fill(`compact-s, ${parameters} parameters`));
  assert.match(cells(page, "file")?.join() ?? "", /^[\d,]+ bytes, float32,[\d,]+ bytes, float16$/);
  assert.deepEqual(cells(page, "steps"), ["1234", "1234"]);
  assert.deepEqual(cells(page, "λ"), ["", "0.0003"]);
  assert.deepEqual(cells(page, "recognizers in training"), ["", "seen-net × 0.5"]);
  assert.deepEqual(cells(page, "training time"), ["", "95 minutes, 2 cores"]);
  assert.ok(page.includes(`- seen-net: \`${HASH}\``));
  assert.match(page, /\| processor \| +PSNR \(dB\) \| +SSIM \| +seen-net \(seen\) \| +other-net \(unseen\) \|/);
  assert.deepEqual(cells(page, "plain"), ["30.12", "0.9000", "55.0 [53.0, 57.0]", "60.0 [58.0, 62.0]"]);
  assert.deepEqual(cells(page, "jpeg:85"), ["+7.0 [+6.0, +8.0], 70 %", "+3.0 [+2.0, +4.0], 75 %"]);
  assert.equal(cells(page, "[sr-x2-s-ra.onnx](sr-x2-s-ra.onnx)")?.at(-1), "+4.0");
  assert.match(page, /\| ra over plain \| +other-net \| +47 \| +21 \|/);
  assert.match(page, /\| ra +\| +1\.50 \| +8\.00 \|/);
  for (const folder of ["bsds-train-400", "imagenette-train"])
    assert.match(cells(page, folder)?.[1] ?? "", /non-commercial/);
});

test("rows named by the models' files, mean gains and further evaluations are shown", async (t) => {
  const named = JSON.parse(JSON.stringify(evaluation).replaceAll(/"(plain|ra)"/g, '"sr-x2-s-$1"'));
  const unseen = { points: 4.2, ci95: [1.1, 7.3] };
  const means = { gains: [{ ...named.gains[0], points: 7, ci95: [5, 9], unseen }] };
  const root = await repository(t, {
    "results/models/sr-x2-s.json": { ...named, mean_gains: means },
    "results/models/sr-x2-s.set5.json": { ...named, data: { ...named.data, folders: ["set5"], count: 5 } },
  });
  const page = await modelsPage(root);
  assert.equal(cells(page, "[sr-x2-s-ra.onnx](sr-x2-s-ra.onnx)")?.at(-1), "+4.2 [+1.1, +7.3]");
  assert.match(page, /### Figures: set5\n\n5 images of set5;/);
});

test("evaluations of trainings with other seeds become the range of the gains", async (t) => {
  const other = (top1: number) => ({
    ...evaluation,
    gains: evaluation.gains.map((gain) => ({ ...gain, top1 })),
    mean_gains: { judges: [], unseen: [], gains: [{ ...pair, ...surviving(1, 0), unseen: surviving(top1 + 1, 0) }] },
    survival: {
      handlings: [{ after: "jpeg:85", rows: [], gains: [{ ...pair, judges: {}, unseen: surviving(top1 / 2, 50) }] }],
    },
  });
  const page = await modelsPage(
    await repository(t, {
      "results/models/sr-x2-s.json": { ...other(4), gains: evaluation.gains },
      "results/models/sr-x2-s.seed1.json": other(6.04),
      "results/models/sr-x2-s.seed2.json": other(-1),
    }),
  );
  assert.doesNotMatch(page, /Figures: seed/);
  assert.match(page, /### Seeds\n\nThe same trainings with 3 seeds,/);
  const [, table = ""] = page.split("### Seeds");
  const ranges = ["29.90 to 29.90", "30.12 to 30.12", "-1.0 to 10.0", "-1.0 to 6.0", "0.0 to 7.0", "-0.5 to 3.0"];
  assert.deepEqual(cells(table, "ra over plain"), ranges);
});

test("seeds that share the plain model say so", async (t) => {
  const seed = (plain: string) => ({ ...evaluation, processor_sha256: { plain, ra: HASH } });
  const seeds = (...plain: string[]) =>
    plain.map((hash, i) => [`results/models/sr-x2-s.seed${i + 1}.json`, seed(hash)]);
  const main = { "results/models/sr-x2-s.json": seed("a") };
  const shared = await modelsPage(await repository(t, { ...main, ...Object.fromEntries(seeds("a", "a")) }));
  assert.match(shared, /The same training with 3 seeds,.* All start from the same plain model, which has one seed\./);
  const apart = await modelsPage(await repository(t, { ...main, ...Object.fromEntries(seeds("b", "c")) }));
  assert.match(apart, /The same trainings with 3 seeds,[^.]*\.\n/);
});

test("PSNR and accuracy over the degraded images are correlated over the models of the same images", async (t) => {
  const others = [row("none", 25, 40, 30, 1), row("plain", 27, 55, 38, 2), row("ra", 26.5, 65, 46, 8)];
  const root = await repository(t, { "results/models/denoise-s.json": { ...evaluation, rows: others } });
  for (const [name, own] of Object.entries({ plain: card, ra: recognized }))
    await writeModel(withCard(compactS.build(1, 0), own), join(root, `models/denoise-s-${name}.onnx`));
  const [, part = ""] = (await modelsPage(root)).split("## PSNR and accuracy");
  assert.match(part, /the unseen recognizers other-net\. 650 images\./);
  assert.deepEqual(cells(part, "sr-x2-s-plain"), ["+2.12", "+10.0"]);
  assert.deepEqual(cells(part, "denoise-s-ra"), ["+1.50", "+16.0"]);
  // (2, 8), (1.5, 16), (2.123, 10), (1.9, 14); numpy.corrcoef, scipy.stats.spearmanr.
  assert.deepEqual(cells(part, "all"), ["4", "-0.83", "-0.80"]);
  assert.equal(cells(part, "plain"), undefined);
});

test("a model without an evaluation is listed, and data without a license or notes without a model are errors", async (t) => {
  const root = await repository(t);
  await writeModel(withCard(compactS.build(1, 0), card), join(root, "models/denoise-s-plain.onnx"));
  assert.match(await modelsPage(root), /## denoise-s\n[^#]*Not evaluated yet\./);
  const own = { ...card, data: { folders: ["their-photos"], count: 3 } };
  await assert.rejects(modelsPage(await repository(t, {}, own)), /their-photos has no entry/);
  const trainings = { "results/models/trainings.json": { "sr-x3-ra": { minutes: 1, machine: "2 cores" } } };
  await assert.rejects(modelsPage(await repository(t, trainings)), /describes sr-x3-ra, which models\/ lacks/);
});
