import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { type DetectorEnd, smallDetector } from "../../testing/detectors.js";
import { temporaryFolder } from "../../testing/workspace.js";
import { GraphBuilder, int } from "../onnx/builder.js";
import type { Graph } from "../onnx/graph.js";
import { float32 } from "../onnx/tensor.js";
import { sidecarPath, writeModel } from "../platform/node/models.js";
import { readFeatureExtractor } from "./feature-files.js";
import { fitFeatures } from "./fit.js";
import { readLossRecognizer } from "./frozen.js";

async function written(t: TestContext, graph: Graph, sidecar: object = { input: { size: 32 } }): Promise<string> {
  const path = join(temporaryFolder(t), "r.onnx");
  await writeModel(graph, path);
  writeFileSync(sidecarPath(path), JSON.stringify(sidecar));
  return path;
}

const kindOf = async (t: TestContext, graph: Graph, output?: string, sidecar?: object) =>
  (await readLossRecognizer(await written(t, graph, sidecar), { output }, { features: null })).kind;

for (const end of ["heads", "decoded", "suppressed"] satisfies DetectorEnd[])
  test(`the raw heads of a detector that ends in ${end} are its last convolutions, at the size of the crops`, async (t) => {
    const path = await written(t, smallDetector(end));
    const detector = await readLossRecognizer(path, {}, { features: null });
    assert.equal(detector.kind, "heads");
    assert.equal(detector.heads?.length, 2);
    const { graph, view } = await fitFeatures(detector, 2, 24);
    assert.equal(view, "crop");
    assert.deepEqual(
      graph.outputs.map(({ shape }) => shape),
      [
        [2, 16, 6, 6],
        [2, 16, 3, 3],
      ],
    );
    assert.ok(!graph.nodes.some(({ op }) => /NonMaxSuppression|TopK|Concat|Reshape/.test(op)));
  });

test("the features of a detector are compared before its heads, at each resolution", async (t) => {
  const path = await written(t, smallDetector("suppressed"));
  const { graph } = await fitFeatures(await readFeatureExtractor(path), 1, 32);
  assert.deepEqual(
    graph.outputs.map(({ shape }) => shape),
    [
      [1, 6, 16, 16],
      [1, 8, 8, 8],
      [1, 8, 4, 4],
    ],
  );
});

/** A network whose outputs have these shapes for an image of 32 pixels, with the given declared shapes. */
function withMaps(
  shapes: Readonly<Record<string, readonly number[]>>,
  end: (b: GraphBuilder, x: string) => string = (_, x) => x,
) {
  const b = new GraphBuilder("maps");
  const image = b.input("images", ["N", 3, 32, 32]);
  for (const [name, shape] of Object.entries(shapes)) {
    const [channels = 1, cells = 1] = shape;
    const weight = b.constant(float32(new Float32Array(channels * 3).fill(0.1), [channels, 3, 1, 1]));
    const strides = [32 / cells, 32 / cells];
    b.output(name, end(b, b.Conv(image, weight, "", { strides })), ["N", ...shape]);
  }
  return b.build();
}

test("one map of class scores is a segmenter's; maps of several levels, coarse ones and those of a declared detector are raw heads", async (t) => {
  assert.equal(await kindOf(t, withMaps({ out: [21, 32, 32] })), "positions");
  assert.equal(await kindOf(t, withMaps({ out: [21, 8, 8] })), "positions");
  assert.equal(await kindOf(t, withMaps({ out: [21, 32, 32], aux: [21, 32, 32] })), "positions");
  assert.equal(await kindOf(t, withMaps({ heatmap: [5, 8, 8], size: [2, 8, 8] })), "heads");
  assert.equal(await kindOf(t, withMaps({ p3: [18, 8, 8], p4: [18, 4, 4] })), "heads");
  assert.equal(await kindOf(t, withMaps({ p5: [18, 1, 1], p3: [18, 8, 8] }), "p3"), "heads");
  const declared = { input: { size: 32 }, detector: { adapter: "yolo" } };
  assert.equal(await kindOf(t, withMaps({ out: [21, 8, 8] }), undefined, declared), "heads");
});

test("the softmax at the end of a segmenter is removed", async (t) => {
  const path = await written(
    t,
    withMaps({ out: [4, 8, 8] }, (b, x) => b.Softmax(x, 1)),
  );
  const { kind, graph } = await readLossRecognizer(path, {}, { features: null });
  assert.equal(kind, "positions");
  assert.ok(!graph.nodes.some(({ op }) => op === "Softmax"));
});

test("a detector whose layers with weights all follow a selection is refused, and the message names what was looked for", async (t) => {
  const b = new GraphBuilder("selecting");
  const image = b.input("images", ["N", 3, 32, 32]);
  const [values = ""] = b.addMany("TopK", [b.Reshape(image, [-1, 3072]), b.integers([8])], { axis: int(1) }, 2);
  const rows = b.MatMul(values, b.constant(float32(new Float32Array(160).fill(0.1), [8, 20])));
  b.output("detections", b.Reshape(rows, [-1, 4, 5]), ["N", 4, 5]);
  const path = await written(t, b.build());
  await assert.rejects(
    readLossRecognizer(path, {}, { features: null }),
    /looked for raw heads, the last layers with weights before NMS or TopK, and found none; `output`/,
  );
});
