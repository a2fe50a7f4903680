import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryFolder } from "../../testing/workspace.js";
import { GraphBuilder } from "../onnx/builder.js";
import type { Dim, Graph } from "../onnx/graph.js";
import { float32, sizeOf, type Tensor } from "../onnx/tensor.js";
import { writeModel } from "../platform/node/models.js";
import { randomAt } from "../random.js";
import { Session } from "../runtime/session.js";
import { adamScalars } from "./adam.js";
import { prepareStep } from "./prepare.js";
import { resolveModels } from "./resolve.js";
import { scalars } from "./step.js";

const SIDE = 12;

function random(shape: readonly number[], seed: number, scale = 1): Tensor {
  const values = randomAt(seed);
  return float32(
    Float32Array.from({ length: sizeOf(shape) }, () => scale * values.normal()),
    shape,
  );
}

/** A convolution whose result goes through a Reshape that contains the batch (0 copies an open one). */
function processor(batch: Dim, inside: number): Graph {
  const b = new GraphBuilder("processor");
  const image = b.input("image", [batch, 3, SIDE, SIDE]);
  const features = b.Conv(image, b.initializer("conv", random([3, 3, 3, 3], 1, 0.2)), "", { pads: [1, 1, 1, 1] });
  const rows = b.Softmax(b.Reshape(features, [inside, 3, SIDE * SIDE]), 2);
  b.output("restored", b.Reshape(rows, [inside, 3, SIDE, SIDE]), [batch, 3, SIDE, SIDE]);
  return b.build();
}

const settings = (file: string, batch: number, crop = SIDE) => ({
  ...{ data: ["none"], task: "denoise", objective: "plain", processor: file, batch, crop, steps: 1 },
});

for (const batch of [1, 2, 3, 5])
  test(`a step with ${batch} images of a processor of a fixed batch of 2 gives the weights of an open batch`, async (t) => {
    const images = { degraded: random([batch, 3, SIDE, SIDE], 2), clean: random([batch, 3, SIDE, SIDE], 3) };
    const stepped = async (graph: Graph) => {
      const file = join(temporaryFolder(t), "net.onnx");
      await writeModel(graph, file);
      const step = await prepareStep(await resolveModels(settings(file, batch)));
      const session = await Session.create(step.graph);
      const lambda = scalars({ lambda: 0 });
      const results = await session.run({ ...step.state, ...scalars(adamScalars(1e-3, 1)), ...images, ...lambda });
      return results[step.next.get("adam.m/conv") ?? ""] as Tensor;
    };
    const [found, expected] = [await stepped(processor(2, 2)), await stepped(processor("N", 0))];
    const largest = Math.max(...[...expected.data].map((value) => Math.abs(Number(value))));
    assert.ok(largest > 0);
    for (const [i, value] of found.data.entries())
      assert.ok(Math.abs(Number(value) - Number(expected.data[i])) <= 1e-5 * largest);
  });

test("a crop other than the fixed size of a processor is refused, with the crop that fits", async (t) => {
  const file = join(temporaryFolder(t), "net.onnx");
  await writeModel(processor(2, 2), file);
  await assert.rejects(
    resolveModels(settings(file, 3, 16)),
    /it does not accept 3 images of 16x16 pixels; use `batch` 3 and `crop` 12/,
  );
});
