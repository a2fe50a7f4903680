import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { enlarging, temporaryFolder } from "../../testing/workspace.js";
import type { Dataset } from "../data/dataset.js";
import { findTask } from "../data/tasks/index.js";
import { encodeImage } from "../platform/node/codec.js";
import { Processor } from "../processors/processor.js";
import type { Judge, Label, LabelsPrediction, Unjudged } from "../recognition/judge.js";
import { evaluate } from "./evaluate.js";
import { evaluationFrom } from "./from-predictions.js";
import { labelAgreements } from "./label-agreements.js";
import type { MeasuredImage } from "./measured-image.js";
import { evaluationTable } from "./table.js";

const labels = (...names: (string | Label)[]): LabelsPrediction => ({
  kind: "labels",
  labels: names.map((name) => (typeof name === "string" ? { name, confidence: null } : name)),
});

/** Rows none, p and clean of one image. */
const image = (label: number | null, ...rows: LabelsPrediction[]): MeasuredImage => ({
  ...{ file: "a.png", label },
  rows: rows.map((prediction) => ({ psnr: 30, ssim: 0.9, predictions: [prediction] })),
});

test("agreement is the mean Jaccard index with the labels of the clean image, and the class counts by its synonyms", () => {
  const dog = labels({ name: "Dog", confidence: 0.9 }, { name: "grass", confidence: 0.6 });
  const images = [
    image(0, labels("cat"), labels({ name: "Grass", confidence: 0.7 }, { name: "dog", confidence: 0.5 }), dog),
    image(1, labels(), labels({ name: "tinca tinca", confidence: 0.25 }), labels("fish", "tench", "lake")),
    image(null, labels("sky"), labels("sky"), labels("sky")),
  ];
  const measurements = { processors: ["none", "p", "clean"], judges: ["service"], images };
  const found = labelAgreements(measurements, [[1, 0]], {
    seed: 0,
    synonyms: { 0: ["dog"], 1: ["tench", "tinca tinca"] },
  });
  const near = (value: number | null | undefined, expected: number) =>
    assert.ok(Math.abs((value ?? Number.NaN) - expected) < 1e-9, `${value} instead of ${expected}`);
  const [none, p, clean] = (found?.rows ?? []).map(({ service }) => service);
  near(none?.jaccard, 100 / 3); // 0, 0 and 1
  near(p?.jaccard, 200 / 3); // 1, 0 and 1
  near(clean?.jaccard, 100);
  near(none?.top1_kept, 100 / 3);
  near(p?.top1_kept, 100 / 3);
  near(p?.true_confidence, (100 * (0.5 + 0.25)) / 2);
  near(clean?.true_confidence, (100 * (0.9 + 1)) / 2);
  near(none?.true_found, 0);
  near(p?.true_found, 100);
  const [gain] = found?.gains ?? [];
  near(gain?.jaccard, 100 / 3);
  near(gain?.top1_kept, 0);
  near(gain?.true_found, 100);
  assert.equal(found?.setting.labelled, 2);
});

test("without names of classes there are no figures of the true class", () => {
  const measurements = {
    ...{ processors: ["none", "clean"], judges: ["service"] },
    images: [image(3, labels("a"), labels("a"))],
  };
  const figures = labelAgreements(measurements, [], { seed: 0 })?.rows[0]?.service ?? {};
  assert.deepEqual(Object.keys(figures), ["jaccard", "jaccard_ci95", "top1_kept", "top1_kept_ci95", "without_labels"]);
});

test("a constant difference has an interval of that difference alone, and wider differences have wider intervals", () => {
  const images = Array.from({ length: 40 }, (_, i) =>
    image(null, labels("x"), i % 2 === 0 ? labels("a", "b") : labels("x"), labels("a", "b")),
  );
  const gains = labelAgreements({ processors: ["none", "p", "clean"], judges: ["s"], images }, [[1, 0]], { seed: 0 });
  const [low, high] = gains?.gains[0]?.ci95 ?? [0, 0];
  // The difference is 1 for half of 40 images: standard error 50 / sqrt(40) = 7.9 points.
  assert.ok(Math.abs(low - (50 - 1.96 * 7.9)) < 4 && Math.abs(high - (50 + 1.96 * 7.9)) < 4, `${low}, ${high}`);
});

async function flatImages(t: TestContext, count: number): Promise<Dataset> {
  const folder = temporaryFolder(t);
  const items = [];
  for (let i = 0; i < count; i++) {
    const path = join(folder, `${i}.png`);
    const data = new Uint8Array(3 * 64 * 64).map((_, at) => (at * (i + 3) * 7) % 251);
    await encodeImage({ width: 64, height: 64, data }, path);
    items.push({ path, annotation: { kind: "class", class: i % 2 } } as const);
  }
  return { folders: [folder], items, missing: [], classes: ["odd, Imparis", "even"] };
}

/** Labels by the mean of an image; refuses the third image that it gets. */
function meanService(): Judge<LabelsPrediction> & { readonly sizes: number[] } {
  let asked = 0;
  const sizes: number[] = [];
  return {
    ...{ kind: "labels", name: "service", key: "service", sizes },
    async requireKnows() {},
    async predict(images) {
      sizes.push(images.length);
      return images.map(({ data }): LabelsPrediction | Unjudged => {
        if (++asked === 3) return { kind: "unjudged", reason: "the service refuses it" };
        const mean = data.reduce((sum, value) => sum + value, 0) / data.length;
        return labels(
          { name: mean > 125 ? "Odd" : "even", confidence: 0.5 },
          { name: `m${Math.round(mean)}`, confidence: 0.1 },
        );
      });
    },
  };
}

test("a service gets the images of all rows at once; an image that it refuses is skipped in all rows, and a predictions file gives the same evaluation", async (t) => {
  const dataset = await flatImages(t, 7);
  const judge = meanService();
  const predictions = join(temporaryFolder(t), "predictions.jsonl");
  const evaluation = await evaluate({
    ...{ dataset, judges: [judge], predictions, batch: 4, protocol: "full" },
    task: findTask("sr", { scale: 4 }),
    processors: [new Processor(enlarging(4))],
  });
  assert.deepEqual(judge.sizes, [12, 9]); // rows none, processor and clean
  assert.equal(evaluation.data.count, 6);
  assert.deepEqual(
    evaluation.data.skipped.map(({ reason }) => reason),
    ["the service refuses it"],
  );
  assert.equal(evaluation.rows.at(-1)?.services?.service?.jaccard, 100);
  assert.deepEqual(evaluation.synonyms, { 0: ["odd", "imparis"], 1: ["even"] });
  assert.deepEqual(await evaluationFrom(predictions), evaluation);
  const line = JSON.parse(readFileSync(predictions, "utf8").split("\n")[1] ?? "");
  assert.equal(line.labels[0].confidence, 0.5);
  const table = evaluationTable(evaluation);
  assert.match(table, /service agreement/);
  assert.match(table, /no accuracy/);
});
