import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { test } from "node:test";
import { halvingProcessor, residualProcessor } from "../../testing/processors.js";
import { repositoryPath } from "../../testing/shared.js";
import type { Image } from "../images/image.js";
import { planesOf } from "../images/planar.js";
import { GraphBuilder } from "../onnx/builder.js";
import type { Graph } from "../onnx/graph.js";
import { float32 } from "../onnx/tensor.js";
import { readModel } from "../platform/node/models.js";
import { Session } from "../runtime/session.js";
import { withBorder } from "./border.js";
import { plainFormat } from "./format.js";
import { openProcessor } from "./open.js";
import { Processor } from "./processor.js";

const colors = {
  ...{ white: [255, 255, 255], black: [0, 0, 0], gray: [128, 128, 128] },
  ...{ red: [255, 0, 0], green: [0, 255, 0], blue: [0, 0, 255] },
} as const;

const flat = (color: readonly number[], width: number, height: number): Image => ({
  width,
  height,
  data: Uint8Array.from({ length: 3 * width * height }, (_, i) => color[i % 3] as number),
});

const busy = (width: number, height: number): Image => ({
  width,
  height,
  data: Uint8Array.from({ length: 3 * width * height }, (_, i) => Math.abs(Math.sin(i * 78.233)) * 255),
});

const pointwise = (): Graph => {
  const b = new GraphBuilder("pointwise");
  b.output("result", b.Mul(b.input("image", ["n", 3, "h", "w"]), b.scalar(0.5)));
  return b.build();
};

for (const name of ["plain", "ra"])
  test(`the committed processor ${name} restores flat colors to within 3 levels at every pixel, in evaluation`, async () => {
    const processor = await openProcessor(repositoryPath(`models/sr-x4-${name}.onnx`));
    for (const [title, color] of Object.entries(colors)) {
      const [restored] = await processor.restore([flat(color, 20, 17)], { name: "sr", scale: 4 });
      const worst = restored?.data.reduce((most, value, i) => Math.max(most, Math.abs(value - (color[i % 3] ?? 0))), 0);
      assert.ok((worst as number) <= 3, `${title}: ${worst}`); // 13 to 21 with zero padding; inside up to 3
    }
  });

const committed = readdirSync(repositoryPath("models")).filter((file) => file.endsWith(".onnx"));

for (const file of committed)
  test(`the committed model ${file} restores flat colors at the border as inside`, async () => {
    const processor = await openProcessor(repositoryPath(`models/${file}`));
    const { scale } = await processor.geometry();
    for (const [title, color] of Object.entries({ ...colors, rose: [180, 50, 100] })) {
      const restored = await processor.restore([flat(color, 144, 144)], { name: "sr", scale });
      assert.ok(largestChange(restored[0] as Image, scale) <= 4, title); // all-m-ra: 18 with zero padding
    }
  });

/** The largest difference from the pixel inside that has the same place in the network's lattice. */
function largestChange({ width, data }: Image, scale: number): number {
  const inside = (position: number): number => scale * (64 + ((position / scale) % 16));
  const like = (i: number): number => {
    const [x, y] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width)];
    return 3 * (inside(y) * width + inside(x)) + (i % 3);
  };
  return data.reduce((most, value, i) => Math.max(most, Math.abs(value - (data[like(i)] as number))), 0);
}

test("networks without padding need no border, nor does one whose result is not flat anywhere", async () => {
  assert.equal(await new Processor(pointwise()).border(), 0);
  const b = new GraphBuilder("position");
  const image = b.input("image", ["n", 3, "h", "w"]);
  const ramp = b.add("CumSum", [b.Mul(image, b.zero), b.integers([3])]);
  const position = b.add("CumSum", [
    b.Add(ramp, b.scalar(0.05)),
    b.constant({ type: "int64", shape: [], data: BigInt64Array.of(3n) }),
  ]);
  b.output("result", b.Add(image, b.add("Sin", [position])));
  assert.equal(await new Processor(b.build()).border(), 0);
});

test("the border is a multiple of the sizes that the network needs, and at least as wide as zero padding is visible", async () => {
  const residual = await new Processor(residualProcessor(1, 0.3)).border();
  assert.ok(residual >= 3 && residual % 4 === 0);
  const halving = await new Processor(halvingProcessor()).border();
  assert.ok(halving > 0 && halving % 4 === 0);
});

test("a network whose small changes reach farther than a border may be has the border that leaves 1 level", async () => {
  // A row of 129 weights: 0.05, and 0.95 spread over all with exp(-distance / 12).
  const spread = Float32Array.from({ length: 129 }, (_, i) => Math.exp(-Math.abs(i - 64) / 12));
  const sum = spread.reduce((total, each) => total + each, 0);
  const row = spread.map((each, i) => (0.95 * each) / sum + (i === 64 ? 0.05 : 0));
  const rows = new Float32Array(9 * 129);
  for (const channel of [0, 1, 2]) rows.set(row, 4 * channel * 129);
  const b = new GraphBuilder("far");
  const weight = b.initializer("w", float32(rows, [3, 3, 1, 129]));
  b.output("result", b.Conv(b.input("image", ["n", 3, "h", "w"]), weight, "", { pads: [0, 64, 0, 64] }));
  // The change is 1.10 levels at 51 pixels from the border, 0.97 at 52 and 0.53 at 56.
  assert.equal(await new Processor(b.build()).border(), 52);
});

test("a network for one size processes that size as before", async () => {
  const b = new GraphBuilder("fixed");
  const x = b.input("image", ["n", 3, 8, 8]);
  const weight = b.initializer("w", float32(new Float32Array(81).fill(0.05), [3, 3, 3, 3]));
  b.output("result", b.Reshape(b.Reshape(b.Conv(x, weight, "", { pads: [1, 1, 1, 1] }), [-1, 192]), [-1, 3, 8, 8]));
  const processor = new Processor(b.build());
  const image = flat(colors.white, 8, 8);
  assert.equal(await processor.border(), 0);
  const [restored] = await processor.restore([image], { name: "denoise", scale: 1 });
  const expected = (rows: number, columns: number) => Math.round(255 * 3 * 0.05 * rows * columns);
  assert.equal(restored?.data[0], expected(2, 2));
});

test("an image whose sides are no multiples of what the network needs is restored at its own size", async () => {
  const [restored] = await new Processor(halvingProcessor()).restore([busy(15, 9)], { name: "denoise", scale: 1 });
  assert.deepEqual([restored?.width, restored?.height], [15, 9]);
});

for (const [width, height] of [
  [24, 17],
  [3, 5],
  [1, 1],
] as const)
  test(`a graph with the border inside computes at ${width}x${height} what restore computes, under the same names`, async () => {
    const processor = await openProcessor(repositoryPath("models/sr-x4-ra.onnx"));
    const graph = withBorder(processor, await processor.border(), 4);
    assert.deepEqual([graph.inputs, graph.outputs], [processor.graph.inputs, processor.graph.outputs]);
    const image = busy(width, height);
    const { data } = await firstOutput(graph, float32(planesOf(image).data, [1, 3, height, width]));
    const [restored] = await processor.restore([image], { name: "sr", scale: 4 });
    const area = 16 * width * height;
    const levels = restored?.data.map((_, i) =>
      Math.round(255 * Math.min(1, Math.max(0, Number(data[(i % 3) * area + Math.floor(i / 3)])))),
    );
    assert.ok(levels?.every((value, i) => Math.abs(value - (restored?.data[i] ?? 0)) <= 1));
    // The result needs no further border.
    assert.equal(await new Processor(graph).border(), 0);
  });

test("the border of an NHWC network is along its height and width", async () => {
  const b = new GraphBuilder("nhwc");
  const x = b.Transpose(b.input("image", ["n", "h", "w", 3]), [0, 3, 1, 2]);
  const weight = b.initializer("w", float32(new Float32Array(81).fill(1 / 27), [3, 3, 3, 3]));
  b.output("result", b.Transpose(b.Conv(x, weight, "", { pads: [1, 1, 1, 1] }), [0, 2, 3, 1]));
  const format = { ...plainFormat.input, layout: "NHWC" as const };
  const graph = withBorder({ graph: b.build(), format: { input: format, output: format } }, 4, 1);
  const { data, shape } = await firstOutput(graph, float32(new Float32Array(6 * 5 * 3).fill(1), [1, 6, 5, 3]));
  assert.deepEqual(shape, [1, 6, 5, 3]);
  assert.ok([...data].every((value) => Math.abs(Number(value) - 1) < 1e-6));
});

test("the committed models keep their nodes and names inside the border", async () => {
  const graph = await readModel(repositoryPath("models/sr-x4-ra.onnx"));
  const processor = new Processor(graph);
  const bordered = withBorder(processor, 8, 4);
  for (const [name, tensor] of graph.initializers) assert.equal(bordered.initializers.get(name), tensor);
  assert.deepEqual(bordered.metadata, graph.metadata);
});

async function firstOutput(graph: Graph, input: ReturnType<typeof float32>) {
  const session = await Session.create(graph, {});
  const outputs = await session.run({ [session.inputNames[0] ?? ""]: input });
  const output = outputs[session.outputNames[0] ?? ""];
  await session.release();
  assert.ok(output);
  return output;
}
