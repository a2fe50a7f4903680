import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { temporaryFolder } from "../../testing/workspace.js";
import { openDetector } from "../detection/detector.js";
import { decodeImage, encodeImage } from "../platform/node/codec.js";
import { randomAt } from "../random.js";
import { train } from "./train.js";
import { type DetectorTraining, trainDetector } from "./train-detector.js";

const SIDE = 32;
const workspace = mkdtempSync(join(tmpdir(), "legible-detectors-"));
const data = join(workspace, "squares");

/** Writes gray noise with one red or blue rectangle each, and boxes.csv. */
before(async () => {
  const rows = ["file,class_index,left,top,right,bottom"];
  for (let index = 0; index < 48; index++) {
    const random = randomAt(5, index);
    const [width, height] = [10 + random.integer(10), 10 + random.integer(10)];
    const [left, top] = [random.integer(SIDE - width), random.integer(SIDE - height)];
    const pixels = Uint8Array.from({ length: SIDE * SIDE * 3 }, (_, i) => {
      const [x, y, channel] = [Math.floor(i / 3) % SIDE, Math.floor(i / 3 / SIDE), i % 3];
      const inside = x >= left && x < left + width && y >= top && y < top + height;
      return inside ? (channel === (index % 2 === 0 ? 0 : 2) ? 230 : 20) : 110 + random.integer(30);
    });
    await encodeImage({ width: SIDE, height: SIDE, data: pixels }, join(data, `${index}.png`));
    rows.push(`${index}.png,${index % 2},${left},${top},${left + width},${top + height}`);
  }
  writeFileSync(join(data, "classes.txt"), "red\nblue\n");
  writeFileSync(join(data, "boxes.csv"), `${rows.join("\n")}\n`);
});
after(() => rmSync(workspace, { recursive: true }));

const training = (out: string, changes: Partial<DetectorTraining> = {}): DetectorTraining => ({
  ...{ data: [data], split: 0.75, size: SIDE, steps: 60, batch: 8, lr: 4e-3, crop: 0.9, out, threads: 1 },
  ...changes,
});

test("a detector that is trained on colored rectangles finds them on held-out images, and its file is read as the sidecar states", async (t) => {
  const out = join(temporaryFolder(t), "run");
  const { model, precision } = await trainDetector(training(out));
  assert.ok((precision?.ap50 ?? 0) > 0.6, `AP50 ${precision?.ap50}`);
  const detector = await openDetector(model as string);
  t.after(() => detector.release());
  assert.deepEqual(detector.classes, ["red", "blue"]);
  assert.equal(detector.settings.resize, "stretch");
  const [found] = await detector.predict([await decodeImage(join(data, "0.png"))]);
  assert.equal(found?.boxes[0]?.class, 0);

  // Its boxes are labels of the objective ra.
  const losses: number[] = [];
  const run = join(temporaryFolder(t), "ra");
  await train({
    ...{ objective: "ra", recognizer: [model as string], lambda: 1e-3, data: [data], scale: 2, processor: "compact-s" },
    ...{ steps: 2, batch: 2, crop: 32, out: run, threads: 1 },
    onStart: ({ recognizers }) => assert.deepEqual(recognizers[0]?.heads, ["heatmap", "box"]),
    onStep: (step) => losses.push(step.losses.recognition as number),
  });
  assert.ok(
    losses.every((loss) => loss > 0 && loss < 10),
    losses.join(),
  );
  const { config } = JSON.parse(readFileSync(join(run, "config.json"), "utf8"));
  assert.equal(config.recognizer[0].kind, "grid");
});

test("an interrupted and resumed training of a detector writes the same bytes as an uninterrupted one", async (t) => {
  const folder = temporaryFolder(t);
  const [whole, parts] = [join(folder, "whole"), join(folder, "parts")];
  const short = { split: undefined, size: 16, steps: 4, batch: 2 };
  const { model } = await trainDetector(training(whole, short));
  const stop = new AbortController();
  const first = await trainDetector(
    training(parts, { ...short, signal: stop.signal, onStep: ({ step }) => step === 2 && stop.abort() }),
  );
  assert.deepEqual([first.step, first.model], [2, null]);
  const resumed = await trainDetector({ out: parts, resume: true, threads: 1 });
  assert.ok(readFileSync(model as string).equals(readFileSync(resumed.model as string)));
});

test("a size that is no multiple of 16 and images without boxes are refused", async (t) => {
  const out = join(temporaryFolder(t), "run");
  await assert.rejects(trainDetector(training(out, { size: 40 })), /`size` must be a multiple of 16, and is 40/);
  const bare = temporaryFolder(t);
  await encodeImage({ width: 8, height: 8, data: new Uint8Array(192) }, join(bare, "0.png"));
  await assert.rejects(trainDetector(training(out, { data: [bare] })), /boxes/);
});
