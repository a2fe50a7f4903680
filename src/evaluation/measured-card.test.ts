import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { InferenceSession } from "onnxruntime-node";
import { temporaryFolder } from "../../testing/workspace.js";
import { compactS } from "../networks/compact.js";
import { withHalfWeights } from "../onnx/half-weights.js";
import { readModel, writeModel } from "../platform/node/models.js";
import { type Card, cardOf, withCard } from "../processors/card.js";
import type { Evaluation } from "./evaluation.js";
import { writeMeasured } from "./measured-card.js";

const card: Card = {
  ...{ task: "sr", options: { scale: 2 }, scale: 2, objective: "plain", lambda: 0, recognizers: [], init: null },
  ...{ network: "compact-s", data: { folders: ["photos"], count: 3 }, steps: 1, batch: 4, crop: 96, lr: 1e-3, seed: 0 },
};
const evaluation: Evaluation = {
  ...{ task: "sr", options: { scale: 2 }, scale: 2, protocol: "imagenet", crop_border: 0, seed: 0 },
  data: { folders: ["some/val"], count: 9, skipped: [] },
  rows: [{ processor: "p", psnr: 31.5, ssim: 0.9, recognizers: { r: { top1: 70, top5: 90, top1_ci95: [60, 80] } } }],
  ...{ gains: [], flips: [] },
};

for (const external of [false, true])
  test(`figures in a card leave float16 weights as they are stored${external ? ", also beside the file" : ""}`, async (t) => {
    const file = join(temporaryFolder(t), "p.onnx");
    await writeModel(withHalfWeights(withCard(compactS.build(2, 0), card)).graph, file, external);
    const [size, before] = [statSync(file).size, await readModel(file)];
    await writeMeasured(file, "p", evaluation);
    await (await InferenceSession.create(file)).release();
    const after = await readModel(file);
    const measured = { data: { folders: ["val"], count: 9 }, psnr: 31.5, ssim: 0.9, top1: { r: 70 } };
    assert.deepEqual(cardOf(after), { ...card, measured });
    assert.deepEqual(after, { ...before, metadata: after.metadata });
    const added = statSync(file).size - size;
    assert.ok(added > 0 && added < 300, `${added} bytes`);
  });
