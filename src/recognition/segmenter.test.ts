import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { temporaryFolder } from "../../testing/workspace.js";
import type { Image } from "../images/image.js";
import { GraphBuilder } from "../onnx/builder.js";
import type { Dim } from "../onnx/graph.js";
import { float32 } from "../onnx/tensor.js";
import { writeModel } from "../platform/node/models.js";
import { openSegmenter } from "./segmenter.js";

/** Writes a segmenter whose class is the brightest of red, green and blue, for cells of `stride` x `stride` pixels. */
async function writeSegmenter(
  t: TestContext,
  shape: readonly Dim[],
  { stride = 1, size = undefined as number | undefined, last = false } = {},
): Promise<string> {
  const b = new GraphBuilder("segmenter");
  const given = b.input("image", shape);
  const image = last ? b.Transpose(given, [0, 3, 1, 2]) : given;
  const cells =
    stride > 1 ? b.add("AveragePool", [image], { kernel_shape: list(stride), strides: list(stride) }) : image;
  const scores = b.Mul(cells, b.constant(float32([3, 3, 3], [1, 3, 1, 1])));
  b.output("scores", last ? b.Transpose(scores, [0, 2, 3, 1]) : scores);
  const path = join(temporaryFolder(t), "segmenter.onnx");
  await writeModel(b.build(), path);
  const input = { mean: [0, 0, 0], std: [1, 1, 1], ...(size && { size }) };
  writeFileSync(path.replace(/onnx$/, "json"), JSON.stringify({ input, classes: ["red", "green", "blue"] }));
  return path;
}

const list = (side: number) => ({ kind: "ints", value: [side, side] }) as const;

/** Vertical stripes of red, green and blue, each `stripe` pixels wide. */
function stripes(width: number, height: number, stripe: number): { image: Image; classes: Uint8Array } {
  const classes = Uint8Array.from({ length: width * height }, (_, i) => Math.floor((i % width) / stripe) % 3);
  const data = new Uint8Array(3 * width * height);
  for (const [i, index] of classes.entries()) data[3 * i + index] = 200;
  return { image: { width, height, data }, classes };
}

for (const [what, shape, options] of [
  ["of a fixed size and stride 8", [1, 3, 48, 48], { stride: 8 }],
  ["of a fixed size, channels last", ["N", 48, 48, 3], { last: true }],
  ["of a size that its sidecar states", ["N", 3, "H", "W"], { size: 48 }],
] as const)
  test(`a segmenter ${what} labels each pixel of images of another size`, async (t) => {
    const segmenter = await openSegmenter(await writeSegmenter(t, shape, options));
    const images = [stripes(96, 96, 16), stripes(48, 48, 8)];
    const predictions = await segmenter.predict(images.map(({ image }) => image));
    for (const [i, { width, height, classes }] of predictions.entries()) {
      assert.deepEqual([width, height], [images[i]?.image.width, images[i]?.image.height]);
      // The image is resized with antialiasing, so that a stripe can end a pixel early.
      const wrong = classes.filter((index, pixel) => index !== images[i]?.classes[pixel]).length;
      assert.ok(wrong <= classes.length / 8, `${wrong} of ${classes.length} pixels`);
    }
    assert.deepEqual([segmenter.kind, segmenter.settings.size], ["label-map", 48]);
    await segmenter.release();
  });

test("a segmenter whose input has any size runs at that of the image, up to a multiple of 32", async (t) => {
  const segmenter = await openSegmenter(await writeSegmenter(t, ["N", 3, "H", "W"], { stride: 32 }));
  const { image, classes } = stripes(96, 64, 32);
  const [prediction] = await segmenter.predict([image]);
  assert.deepEqual(prediction, { kind: "label-map", width: 96, height: 64, classes });
  const odd = stripes(75, 50, 25);
  const [resized] = await segmenter.predict([odd.image]);
  assert.deepEqual([resized?.width, resized?.height, resized?.classes.length], [75, 50, 75 * 50]);
  assert.deepEqual(segmenter.settings, { size: null, multiple: 32 });
  await segmenter.release();
});

test("a segmenter does not judge an image without a label map, and an output of other shape is refused", async (t) => {
  const segmenter = await openSegmenter(await writeSegmenter(t, [1, 3, 48, 48]));
  const item = { path: "a.png", annotation: { kind: "class", class: 0 } } as const;
  await assert.rejects(segmenter.requireKnows([item], "judge"), {
    name: "UserError",
    message: /cannot judge segmenter on a\.png: the image has no label map; its annotation is a class/,
  });
  await segmenter.release();
  const b = new GraphBuilder("classifier");
  b.output("row", b.Flatten(b.GlobalAveragePool(b.input("image", ["N", 3, 8, 8]))), ["N", 3]);
  const path = join(temporaryFolder(t), "classifier.onnx");
  await writeModel(b.build(), path);
  await assert.rejects(
    openSegmenter(path, { mean: [0, 0, 0], std: [1, 1, 1] }),
    /expected scores \[N, classes, height/,
  );
});
