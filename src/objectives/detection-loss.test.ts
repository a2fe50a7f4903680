import assert from "node:assert/strict";
import { test } from "node:test";
import { gradients } from "../autodiff/gradients.js";
import { GraphBuilder } from "../onnx/builder.js";
import { float32, int64, sizeOf, type Tensor } from "../onnx/tensor.js";
import { probe } from "../runtime/probe.js";
import { Session, type Tensors } from "../runtime/session.js";
import { detectionLoss } from "./detection-loss.js";
import { positionCrossEntropy } from "./losses.js";

/** size · sin(0.7 i + phase) + shift, as in the PyTorch program that computed the reference values. */
function wave(shape: readonly number[], phase: number, size: number, shift = 0): Tensor {
  const values = Float32Array.from({ length: sizeOf(shape) }, (_, i) => size * Math.sin(0.7 * i + phase) + shift);
  return float32(values, shape);
}

/** Runs a graph with the gradients of its output `loss` with respect to some inputs, each summed with the weights sin(i). */
async function run(b: GraphBuilder, feeds: Tensors, wrt: readonly string[]) {
  const { graph, shapes } = await probe(b.build());
  const found = gradients(graph, "loss", wrt, shapes);
  const whole = GraphBuilder.from(found.graph);
  const names = wrt.map((name) => found.gradients.get(name) as string);
  for (const name of names) whole.output(name, name);
  const session = await Session.create(whole.build(), { threads: 1 });
  const results = await session.run(feeds).finally(() => session.release());
  const sumOf = (name: string): number => {
    const gradient = results[name]?.data as Float32Array;
    return gradient.reduce((sum, value, i) => sum + value * Math.sin(i), 0);
  };
  return { results, gradients: names.map(sumOf) };
}

function assertNear(got: number, expected: number, name: string): void {
  assert.ok(Math.abs(got - expected) <= 3e-6 * Math.max(1, Math.abs(expected)), `${name}: ${got}, not ${expected}`);
}

const [N, C, H, W] = [2, 3, 4, 4];

/** Two objects, in the cells (2, 1) of class 1 and (0, 3) of class 0. */
function heatmapTarget(): Tensor {
  const tensor = wave([N, C, H, W], 2, 0.45, 0.5);
  const data = tensor.data as Float32Array;
  for (const index of [16 + 9, C * 16 + 3]) data[index] = 1;
  return tensor;
}

test("the loss of detection and its gradients equal PyTorch's: focal loss, and torchvision's generalized_box_iou_loss by the weights", async () => {
  const b = new GraphBuilder("loss");
  const heads = { heatmap: b.input("x", [N, C, H, W]), box: b.input("raw", [N, 4, H, W]) };
  const targets = {
    heatmap: b.input("y", [N, C, H, W]),
    box: b.input("box", [N, 4, H, W]),
    weight: b.input("weight", [N, 1, H, W]),
  };
  const loss = detectionLoss(b, heads, targets);
  b.output("loss", loss.total);
  b.output("heatmap", loss.heatmap);
  b.output("boxes", loss.box);
  const [centers, sizes] = [wave([N, 2, H, W], 0.2, 0.4), wave([N, 2, H, W], 0.9, 1, 2)];
  const boxes = new Float32Array(N * 4 * H * W);
  for (let i = 0; i < N; i++) {
    boxes.set((centers.data as Float32Array).subarray(i * 32, (i + 1) * 32), i * 64);
    boxes.set((sizes.data as Float32Array).subarray(i * 32, (i + 1) * 32), i * 64 + 32);
  }
  const weight = wave([N, 1, H, W], 0.5, 0.6);
  const feeds = {
    x: wave([N, C, H, W], 0.3, 3, -1),
    raw: wave([N, 4, H, W], 1.1, 1.5, 0.4),
    y: heatmapTarget(),
    box: float32(boxes, [N, 4, H, W]),
    weight: float32(
      (weight.data as Float32Array).map((value) => Math.max(0, value)),
      [N, 1, H, W],
    ),
  };
  const { results, gradients } = await run(b, feeds, ["x", "raw"]);
  // PyTorch 2.13 and torchvision in double precision.
  assertNear(Number(results.heatmap?.data[0]), 7.361267634051059, "heatmap");
  assertNear(Number(results.boxes?.data[0]), 1.1441848513916215, "boxes");
  assertNear(Number(results.loss?.data[0]), 13.082191891009167, "total");
  assertNear(gradients[0] as number, -0.4184308711806477, "gradient of the heatmap");
  assertNear(gradients[1] as number, 0.060108461082782644, "gradient of the boxes");
});

test("the loss of images without objects is finite, and no box counts", async () => {
  const b = new GraphBuilder("loss");
  const [x, raw] = [b.input("x", [1, C, H, W]), b.input("raw", [1, 4, H, W])];
  const empty = (channels: number) => b.filled(0, [1, channels, H, W]);
  const loss = detectionLoss(b, { heatmap: x, box: raw }, { heatmap: empty(C), box: empty(4), weight: empty(1) });
  b.output("loss", loss.total);
  b.output("boxes", loss.box);
  const { results } = await run(b, { x: wave([1, C, H, W], 1, 2), raw: wave([1, 4, H, W], 1, 2) }, ["x"]);
  assert.ok(Number(results.loss?.data[0]) > 0 && Number.isFinite(Number(results.loss?.data[0])));
  assert.equal(Number(results.boxes?.data[0]), 0);
});

test("the cross-entropy of positions and its gradient equal PyTorch's, ignoring 255, at equal and at reduced size", async () => {
  const maps: readonly [number, readonly number[]][] = [
    [2, [0, 1, 255, 2, 2, 255, 1, 0]],
    // Reduced by nearest neighbor, this is the first.
    [
      4,
      [0, 0, 1, 1, 0, 0, 1, 1, 255, 255, 2, 2, 255, 255, 2, 2, 2, 2, 255, 255, 2, 2, 255, 255, 1, 1, 0, 0, 1, 1, 0, 0],
    ],
  ];
  for (const [side, labels] of maps) {
    const b = new GraphBuilder("loss");
    const shape = [2, side, side];
    const logits = { value: b.input("logits", [2, 3, 2, 2]), shape: [2, 3, 2, 2] };
    b.output("loss", positionCrossEntropy(b, logits, { value: b.input("labels", shape, "int64"), shape }));
    const feeds = { logits: wave([2, 3, 2, 2], 0.3, 3), labels: { ...int64(labels), shape } };
    const { results, gradients } = await run(b, feeds, ["logits"]);
    assertNear(Number(results.loss?.data[0]), 1.930514615616439, `loss, side ${side}`);
    assertNear(gradients[0] as number, 0.20878029111360957, `gradient, side ${side}`);
  }
});
