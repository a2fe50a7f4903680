import assert from "node:assert/strict";
import { test } from "node:test";
import { patterned } from "../../testing/patterned.js";
import type { Graph } from "../onnx/graph.js";
import { float32 } from "../onnx/tensor.js";
import { Session } from "../runtime/session.js";
import { buildPix2pix } from "./pix2pix.js";
import { vitOf } from "./recognizers/vit.js";
import { buildSrdensenet } from "./srdensenet.js";
import { buildUnet } from "./unet.js";

interface Case {
  readonly graph: Graph;
  /** Height and width of the input image 0.5 + 0.5·sin(1.7·i). */
  readonly size: readonly [height: number, width: number];
  readonly shape: readonly number[];
  /** The first, the last and two elements between; with `mean`, from PyTorch 1.13 in float64 with the same weights. */
  readonly elements: readonly number[];
  readonly mean: number;
}

const cases: Readonly<Record<string, Case>> = {
  SRDenseNet: {
    graph: buildSrdensenet({ growth: 4, layers: 2, blocks: 2, bottleneck: 6 }, 2, 0),
    size: [5, 6],
    shape: [1, 3, 10, 12],
    elements: [-0.062665, -0.040425, -0.105704, -0.111908],
    mean: -0.090786,
  },
  "the ResNet generator, on a size not divisible by 4,": {
    graph: buildPix2pix(4, 1, 0),
    size: [9, 6],
    shape: [1, 3, 9, 6],
    elements: [0.536315, 0.554407, 0.44574, 0.619936],
    mean: 0.531114,
  },
  "the U-Net, on odd sizes,": {
    graph: buildUnet([4, 6, 8], 1, 0),
    size: [5, 7],
    shape: [1, 3, 5, 7],
    elements: [0.573283, 1.044946, 0.154158, 0.982696],
    mean: 0.599329,
  },
  "the vision transformer": {
    graph: vitOf({ patch: 4, channels: 8, heads: 2, blocks: 2, hidden: 12 }).build(3, 12, 0),
    size: [12, 12],
    shape: [1, 3],
    elements: [1.036851, 1.036851, -0.979996, 1.129128],
    mean: 0.395328,
  },
};

for (const [name, { graph, size, shape, elements, mean }] of Object.entries(cases))
  test(`${name} computes what PyTorch's layers compute with the same weights`, async () => {
    const [height, width] = size;
    const pixels = Float32Array.from({ length: 3 * height * width }, (_, i) => 0.5 + 0.5 * Math.sin(1.7 * i));
    const session = await Session.create(patterned(graph));
    const [output] = Object.values(await session.run({ image: float32(pixels, [1, 3, height, width]) }));
    assert.deepEqual(output?.shape, shape);
    const got = Array.from(output?.data as Float32Array);
    for (const [i, expected] of elements.entries()) {
      const index = Math.floor((i * (got.length - 1)) / 3);
      assert.ok(Math.abs((got[index] as number) - expected) < 1e-5, `element ${index}: ${got[index]}, ${expected}`);
    }
    assert.ok(Math.abs(got.reduce((sum, value) => sum + value, 0) / got.length - mean) < 1e-5);
  });
