import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryFolder } from "../../testing/workspace.js";
import type { Dataset } from "../data/dataset.js";
import { findTask } from "../data/tasks/index.js";
import { rankingOf } from "../metrics/ranking.js";
import { GraphBuilder, string } from "../onnx/builder.js";
import { float32 } from "../onnx/tensor.js";
import { encodeImage } from "../platform/node/codec.js";
import { Processor } from "../processors/processor.js";
import type { Judge } from "../recognition/judge.js";
import { evaluate } from "./evaluate.js";
import { flippedPredictions } from "./flipped-predictions.js";

const SIDE = 16;

/** Flat images of these brightnesses, each with its class. */
async function flatImages(folder: string, images: readonly [brightness: number, label: number][]): Promise<Dataset> {
  const items = images.map(([, label], i) => ({
    path: join(folder, `${i}.png`),
    annotation: { kind: "class", class: label } as const,
  }));
  for (const [i, { path }] of items.entries()) {
    const data = new Uint8Array(SIDE * SIDE * 3).fill(images[i]?.[0] ?? 0);
    await encodeImage({ width: SIDE, height: SIDE, data }, path);
  }
  return { folders: [folder], items, missing: [] };
}

/** Enlarges fourfold and multiplies by `gain`. */
async function enlarger(name: string, gain: number): Promise<Processor> {
  const b = new GraphBuilder(name);
  const x = b.input("input", ["n", 3, "h", "w"]);
  const larger = b.add("Resize", [x, "", b.constant(float32([1, 1, 4, 4]))], { mode: string("nearest") });
  b.output("output", b.Mul(larger, b.scalar(gain)));
  return new Processor(b.build());
}

/** Predicts class 0, 1 or 2 for a dark, medium or bright image, with these limits between them. */
const brightness = (low: number, high: number): Judge => ({
  kind: "class",
  name: `brightness ${low} ${high}`,
  key: `brightness ${low} ${high}`,
  async requireKnows() {},
  predict: async (images) =>
    images.map(({ data: [first = 0] }) => {
      const level = first / 255;
      const scores = [low - level, Math.min(level - low, high - level), level - high];
      return { kind: "class", ranked: rankingOf(scores, 0, 3) };
    }),
});

test("images predicted rightly only after come first, one of each class, with the predictions of each judge", async (t) => {
  // Before, all is half as bright as after; labels 1 and 2 are right after, and so is 0 either way.
  const dataset = await flatImages(temporaryFolder(t), [
    [40, 0],
    [220, 2],
    [128, 1],
    [230, 2],
    [128, 0],
  ]);
  const [before, after] = [await enlarger("before", 0.5), await enlarger("after", 1)];
  const options = { dataset, task: findTask("sr"), before, after, predictions: join(temporaryFolder(t), "p.jsonl") };
  const judges = [brightness(0.3, 0.7), brightness(0.2, 0.8)];
  await evaluate({ ...options, processors: [before, after], judges });
  const found = await flippedPredictions({ ...options, count: 5 });
  assert.deepEqual(
    found.map(({ label, seenBefore, seenAfter }) => [label, seenBefore, seenAfter]),
    [
      [2, [1, 1], [2, 2]],
      [1, [0, 1], [1, 1]],
    ],
  );
  const [first] = found;
  assert.deepEqual([first?.before.data[0], first?.after.data[0], first?.clean.data[0]], [110, 220, 220]);
  assert.equal((await flippedPredictions({ ...options, count: 1 })).length, 1);
});

test("of images with equal flips, the one whose PSNR rises most comes first", async (t) => {
  // Both are class 2 and predicted rightly only after; the brighter one is restored less closely before.
  const dataset = await flatImages(temporaryFolder(t), [
    [220, 2],
    [250, 2],
  ]);
  const [before, after] = [await enlarger("before", 0.5), await enlarger("after", 0.99)];
  const options = { dataset, task: findTask("sr"), before, after, predictions: join(temporaryFolder(t), "p.jsonl") };
  await evaluate({ ...options, processors: [before, after], judges: [brightness(0.3, 0.7)] });
  const gains = [220, 250].map((level) => {
    const error = (gain: number) => level - Math.floor(level * gain + 0.5);
    return 20 * Math.log10(error(0.5) / error(0.99));
  });
  const [first] = await flippedPredictions({ ...options, count: 1 });
  assert.equal(first?.clean.data[0], (gains[0] as number) > (gains[1] as number) ? 220 : 250);
});
