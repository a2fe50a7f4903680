import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { temporaryFolder } from "../../testing/workspace.js";
import { openDataset } from "../data/dataset.js";
import { findTask } from "../data/tasks/index.js";
import { type Gate, processorDigest, skipReason } from "../gate/gate.js";
import { degradationOf } from "../metrics/degradation/degradation.js";
import { rankingOf } from "../metrics/ranking.js";
import { GraphBuilder } from "../onnx/builder.js";
import { encodeImage } from "../platform/node/codec.js";
import { Processor } from "../processors/processor.js";
import type { ClassPrediction, Judge } from "../recognition/judge.js";
import { evaluate } from "./evaluate.js";
import { evaluationFrom, readPredictions } from "./from-predictions.js";
import { gateFrom } from "./gate-from-predictions.js";
import { evaluationTable } from "./table.js";

/** Predicts class 1 for bright images. */
const brightness: Judge<ClassPrediction> = {
  ...{ kind: "class", name: "brightness", key: "brightness" },
  async requireKnows() {},
  predict: async (images) =>
    images.map(({ data }) => ({
      kind: "class",
      ranked: rankingOf([0.5, data.reduce((a, b) => a + b) / data.length / 255], 0, 2),
    })),
};

/** Multiplies images by a factor: a small one makes bright images dark, and their class wrong. */
function scaling(factor: number): Processor {
  const b = new GraphBuilder("scaling");
  const x = b.input("input", ["n", 3, "h", "w"]);
  b.output("output", b.Mul(x, b.scalar(factor)), ["n", 3, "h", "w"]);
  return new Processor(b.build());
}

const darkening = scaling(0.5);

/** Flat bright images of class 1, of which every second one has strong noise, so that a gate can tell them apart. */
async function imagesIn(t: TestContext, count: number) {
  const folder = temporaryFolder(t);
  const rows = ["file,class_index"];
  for (let i = 0; i < count; i++) {
    const data = Uint8Array.from({ length: 32 * 32 * 3 }, (_, k) => 190 + (i % 2 ? 60 * Math.sin(k * k) : 0));
    await encodeImage({ width: 32, height: 32, data }, join(folder, `${i}.png`));
    rows.push(`${i}.png,1`);
  }
  writeFileSync(join(folder, "labels.csv"), rows.join("\n"));
  return { folder, dataset: await openDataset([folder], { needLabels: true }) };
}

const identity = findTask("denoise", { sigma: 0 });

/** Skips images with noise below 0.05. */
const noisyOnly = (processor: Processor): Gate => ({
  ...{ format: "legible-gate", version: 1, judges: ["brightness"], pool: [], alpha: 0.05, delta: 0.1 },
  processor: { name: processor.name, sha256: processorDigest(processor) },
  score: { intercept: 0, features: [{ name: "noise", mean: 0.05, deviation: 0.01, weight: -1 }] },
  threshold: 0.5,
  ...{ photographs: { fitting: 1, calibration: 1 }, images: { fitting: 1, calibration: 1 } },
  effect: { processed: 1, risk: 0, risk_of_all: 0, gain: 0 },
  without: { processed: 1, risk: 0, risk_of_all: 0, gain: 0 },
});

test("the row of a gate has the images of none where it skips and the processor's elsewhere, and tabulate rebuilds it", async (t) => {
  const { folder, dataset } = await imagesIn(t, 6);
  const predictions = join(folder, "p.jsonl");
  const options = { dataset, task: identity, judges: [brightness], processors: [darkening], predictions };
  const evaluation = await evaluate({ ...options, gates: [noisyOnly(darkening)] });
  assert.deepEqual(
    evaluation.rows.map(({ processor, recognizers }) => [processor, recognizers.brightness?.top1]),
    [
      ["none", 100],
      ["scaling", 0],
      ["scaling with gate", 50],
      ["clean", 100],
    ],
  );
  const [risk] = evaluation.gate_risks ?? [];
  assert.deepEqual(risk, {
    processor: "scaling with gate",
    ...{ processed: 50, risk: 100, risk_ci95: [100, 100], risk_without: 100, risk_of_all: 50 },
  });
  assert.deepEqual(await evaluationFrom(predictions), evaluation);
  assert.match(
    evaluationTable(evaluation),
    /scaling with gate \| +50\.0 \| +100\.0 \[100\.0, 100\.0\] \| 5 % with prob/,
  );
  const { measurements } = await readPredictions(predictions);
  for (const { file, rows } of measurements.images) {
    const isNoisy = Number(/(\d+)\.png$/.exec(file)?.[1]) % 2 === 1;
    assert.equal(rows[2]?.processed, isNoisy, file);
    assert.deepEqual({ ...rows[2], processed: undefined }, { ...rows[isNoisy ? 1 : 0], processed: undefined });
  }
});

test("a gate of another processor is refused by name", async (t) => {
  const { dataset } = await imagesIn(t, 2);
  const options = { dataset, task: identity, judges: [brightness], processors: [darkening] };
  await assert.rejects(evaluate({ ...options, gates: [noisyOnly(scaling(0.6))] }), {
    name: "UserError",
    message: /the gate of the processor scaling \([0-9a-f]{12}…\) fits none of the processors: scaling/,
  });
});

test("a gate fitted on predictions skips the images that processing hurts, and names its processor by its content", async (t) => {
  const { folder, dataset } = await imagesIn(t, 90);
  const predictions = join(folder, "p.jsonl");
  // Right without processing only where there is noise: class 0 for noisy images with the true class 1 makes them helped.
  const noiseJudge: Judge<ClassPrediction> = {
    ...brightness,
    name: "noise",
    predict: async (images) =>
      images.map((image) => {
        const isBright = image.data.reduce((a, b) => a + b) / image.data.length > 128;
        const isNoisy = degradationOf(image).noise > 0.03;
        return { kind: "class", ranked: rankingOf(isBright === isNoisy ? [1, 0] : [0, 1], 0, 2) };
      }),
  };
  await evaluate({ dataset, task: identity, judges: [noiseJudge], processors: [darkening], predictions });
  const { gate, byFile } = await gateFrom([predictions], { alpha: 0.2, delta: 0.1 });
  assert.equal(gate.processor.sha256, processorDigest(darkening));
  assert.deepEqual(gate.photographs, { fitting: 30, calibration: 60 });
  assert.deepEqual([gate.effect.risk, gate.without.risk], [0, byFile[0]?.without.risk]);
  assert.ok((gate.without.risk as number) > 0.3);
  const { measurements } = await readPredictions(predictions);
  for (const { file, degradation } of measurements.images) {
    assert.ok(degradation);
    assert.equal(skipReason(gate, degradation) === undefined, Number(/(\d+)\.png$/.exec(file)?.[1]) % 2 === 1, file);
  }
});

test("predictions without estimates, without the processor, without classifiers or of other judges are refused with the remedy", async (t) => {
  const { folder, dataset } = await imagesIn(t, 4);
  const [one, other, none] = ["one", "other", "none"].map((name) => join(folder, `${name}.jsonl`)) as [
    string,
    string,
    string,
  ];
  const measured = { dataset, task: identity, processors: [darkening] };
  await evaluate({ ...measured, judges: [brightness], predictions: one });
  await evaluate({ ...measured, judges: [{ ...brightness, name: "second" }], predictions: other });
  await evaluate({ ...measured, judges: [], predictions: none });
  const refused = (paths: readonly string[], message: RegExp, options: { processor?: string } = {}) =>
    assert.rejects(gateFrom(paths, { alpha: 0.1, delta: 0.1, ...options }), { name: "UserError", message });
  await refused([one, other], /other judges \(brightness; second\)/);
  await refused([none], /no predictions of classifiers/);
  await refused([one], /has no processor "plain"; it has scaling/, { processor: "plain" });
  const lines = readFileSync(one, "utf8");
  writeFileSync(other, lines.replaceAll(/"degradation":\{[^}]*\},/g, ""));
  await refused([other], /no estimates of the images' degradation: evaluate again/);
  writeFileSync(other, lines.replace(/"processor_sha256":\{[^}]*\},/, ""));
  await refused([other], /names no processor by its SHA-256: evaluate again/);
  writeFileSync(other, lines.replace(/"processor_sha256":\{"scaling":"[^"]*/, '"processor_sha256":{"scaling":"00'));
  await refused([one, other], /other processors under the name "scaling"/);
});
