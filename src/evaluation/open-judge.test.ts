import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { enlarging, temporaryFolder, writeClassifier } from "../../testing/workspace.js";
import { GraphBuilder } from "../onnx/builder.js";
import type { Dim } from "../onnx/graph.js";
import { float32 } from "../onnx/tensor.js";
import { writeModel } from "../platform/node/models.js";
import { annotationsOf, judgeFiles, judgeKind, openJudge, recognizerFiles } from "./open-judge.js";

/** Writes a network that pools an image of 64 x 64 pixels to this many cells, and what `end` makes of it. */
async function write(
  t: TestContext,
  channels: number,
  end: (b: GraphBuilder, maps: string) => void,
  sidecar: object = {},
): Promise<string> {
  const b = new GraphBuilder("network");
  const image = b.input("image", [1, 3, 64, 64]);
  const weight = float32(
    Float32Array.from({ length: 3 * channels }, (_, i) => Math.sin(i)),
    [channels, 3, 1, 1],
  );
  end(b, b.Conv(image, b.initializer("weight", weight), "", { strides: [8, 8] }));
  const path = join(temporaryFolder(t), "network.onnx");
  await writeModel(b.build(), path);
  writeFileSync(path.replace(/onnx$/, "json"), JSON.stringify({ input: { range: 1 }, ...sidecar }));
  return path;
}

const output = (shape?: readonly Dim[]) => (b: GraphBuilder, maps: string) => void b.output("out", maps, shape);

/** Boxes, objectness and four classes of 64 cells: [1, 64, 9], as a decoded YOLO. */
const decoded = (b: GraphBuilder, maps: string) =>
  void b.output("out", b.Transpose(b.Reshape(b.Sigmoid(maps), [1, 9, 64]), [0, 2, 1]), [1, 64, 9]);

test("a file's outputs and sidecar decide whether it is a classifier, a detector or a segmenter", async (t) => {
  const classifier = join(temporaryFolder(t), "classifier.onnx");
  await writeClassifier(classifier, 32);
  assert.equal(await judgeKind(classifier), "class");
  assert.equal(await judgeKind(await write(t, 5, output([1, 5, 8, 8]))), "label-map");
  assert.equal(await judgeKind(await write(t, 5, output())), "label-map", "a shape that only a run shows");
  assert.equal(await judgeKind(await write(t, 3, output([1, 3, 8, 8]), { classes: ["a", "b", "c"] })), "label-map");
  assert.equal(await judgeKind(await write(t, 9, decoded)), "boxes");
  const rows = (b: GraphBuilder, maps: string) => void b.output("out", b.Flatten(b.GlobalAveragePool(maps)));
  assert.equal(await judgeKind(await write(t, 6, rows)), "class", "six classes are no box");
});

test("a network that restores images, or whose outputs fit nothing, is refused with its outputs", async (t) => {
  const restorer = join(temporaryFolder(t), "restorer.onnx");
  await writeModel(enlarging(2), restorer);
  await assert.rejects(judgeKind(restorer), /those of no classifier .*a processor cannot judge/);
  const volume = (b: GraphBuilder, maps: string) =>
    void b.output("volume", b.Reshape(maps, [1, 3, 2, 8, 4, 2]), [1, 3, 2, 8, 4, 2]);
  await assert.rejects(judgeKind(await write(t, 6, volume)), /"volume" \[1, 3, 2, 8, 4, 2\]/);
  // As a recognizer it stays a classifier, whose own message follows.
  assert.deepEqual(await recognizerFiles([restorer], {}), [{ file: restorer, kind: "class" }]);
});

test("judges of one evaluation need the same annotations, and a judge can be renamed", async (t) => {
  const classifier = join(temporaryFolder(t), "classifier.onnx");
  await writeClassifier(classifier, 32);
  const detector = await write(t, 9, decoded);
  const files = await judgeFiles([{ file: classifier }, { file: detector, name: "yolo" }], {});
  assert.throws(() => annotationsOf(files), {
    name: "UserError",
    message: /classifier\.onnx, which needs classes, and .*network\.onnx, which needs boxes/,
  });
  assert.deepEqual([annotationsOf([]), annotationsOf(files.slice(1))], ["classes", "boxes"]);
  const judge = await openJudge(files[1] as (typeof files)[0], { scoreThreshold: 0.25 });
  assert.deepEqual([judge.name, judge.kind], ["yolo", "boxes"]);
  assert.match(JSON.stringify("settings" in judge ? judge.settings : {}), /"scoreThreshold":0\.25/);
  await judge.release();
});
