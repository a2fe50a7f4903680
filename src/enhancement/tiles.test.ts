import assert from "node:assert/strict";
import { test } from "node:test";
import { patterned } from "../../testing/patterned.js";
import { halvingProcessor, residualProcessor } from "../../testing/processors.js";
import { buildPix2pix } from "../networks/pix2pix.js";
import { buildUnet } from "../networks/unet.js";
import { GraphBuilder } from "../onnx/builder.js";
import type { Graph } from "../onnx/graph.js";
import { float32, type Tensor } from "../onnx/tensor.js";
import { openProcessor } from "../processors/open.js";
import { Processor } from "../processors/processor.js";
import type { Raster } from "./raster.js";
import { processTiled } from "./tiles.js";

/** An image with detail everywhere. */
function busy(width: number, height: number, bits: 8 | 16 = 8): Raster {
  const value = (_: unknown, i: number): number => Math.abs(Math.sin(i * 78.233)) * (2 ** bits - 1);
  const length = width * height * 3;
  const data = bits === 8 ? Uint8Array.from({ length }, value) : Uint16Array.from({ length }, value);
  return { width, height, channels: 3, data };
}

function worstDifference(a: Raster, b: Raster): number {
  assert.deepEqual([a.width, a.height, a.data.length], [b.width, b.height, b.data.length]);
  let worst = 0;
  for (const [i, value] of a.data.entries()) worst = Math.max(worst, Math.abs(value - (b.data[i] as number)));
  return worst;
}

/** The network with a last layer that uses the whole range of its tanh. */
function withContrast(graph: Graph): Graph {
  const { data, shape } = graph.initializers.get("tail.weight") as Tensor;
  const tail = float32(
    Float32Array.from(data as Float32Array, (value) => 10 * value),
    shape,
  );
  return { ...graph, initializers: new Map([...graph.initializers, ["tail.weight", tail]]) };
}

for (const [name, graph] of [
  ["x1", residualProcessor(1, 0.3)],
  ["x2", residualProcessor(2, 0.3)],
  ["x4", residualProcessor(4, 0.3)],
  ["that halves inside", halvingProcessor()],
  ["unet", patterned(buildUnet([4, 6, 8], 2, 0))],
  ["pix2pix", withContrast(patterned(buildPix2pix(4, 2, 0)))],
] as const)
  for (const [width, height] of [
    [95, 61],
    [64, 32],
    [33, 100],
    [5, 120],
  ] as const)
    test(`the processor ${name} gives the same result in tiles as at once, at ${width}x${height}`, async () => {
      const processor = new Processor(graph);
      const source = busy(width, height);
      const whole = await processTiled(processor, source, 1024);
      assert.ok(new Set(whole.data).size > 100);
      for (const tile of [16, 40]) assert.ok(worstDifference(await processTiled(processor, source, tile), whole) <= 1);
    });

test("16-bit images are processed in 16 bits", async () => {
  const processor = new Processor(residualProcessor(2, 0));
  const source = busy(20, 10, 16);
  const { data } = await processTiled(processor, source, 1024);
  assert.deepEqual(data.slice(0, 3), source.data.slice(0, 3));
});

test("progress rises to 1", async () => {
  const seen: number[] = [];
  await processTiled(new Processor(residualProcessor(1)), busy(64, 64), 32, {
    onProgress: (share) => seen.push(share),
  });
  assert.deepEqual(seen, [0.25, 0.5, 0.75, 1]);
});

test("measured scale, multiple and receptive radius are those that the networks were built with", async () => {
  const residual = new Processor(residualProcessor(4));
  assert.deepEqual(await residual.geometry(), { scale: 4, multiple: 1 });
  assert.equal(await residual.receptiveRadius(), 3);
  const halving = new Processor(halvingProcessor());
  assert.deepEqual(await halving.geometry(), { scale: 1, multiple: 2 });
});

test("a network with a global receptive field gets the largest radius", async () => {
  const b = new GraphBuilder("global");
  const x = b.input("image", ["n", 3, "h", "w"]);
  b.output("result", b.Sub(x, b.GlobalAveragePool(x)));
  assert.equal(await new Processor(b.build()).receptiveRadius(), 64);
});

test("the error for a classifier states the shape of its output", async () => {
  const b = new GraphBuilder("classifier");
  const x = b.input("image", ["n", 3, "h", "w"]);
  b.output("logits", b.Flatten(b.GlobalAveragePool(x)));
  await assert.rejects(new Processor(b.build()).geometry(), /^UserError: classifier cannot process images .* to 1x3$/);
});

test("the error for a missing model names the file", async () => {
  await assert.rejects(
    openProcessor("none.onnx"),
    /^UserError: cannot read the model none\.onnx: no such file or folder$/,
  );
});
