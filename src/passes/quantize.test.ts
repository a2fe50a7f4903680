import assert from "node:assert/strict";
import { test } from "node:test";
import { patterned } from "../../testing/patterned.js";
import { findNetwork } from "../networks/index.js";
import { GraphBuilder } from "../onnx/builder.js";
import { float32, type Tensor } from "../onnx/tensor.js";
import { Session } from "../runtime/session.js";
import { planQuantization, quantized } from "./quantize.js";

/** A 1x1 convolution between two others: 3 feature maps, a weight for each, and a Relu. */
function threeLayers(weights: readonly number[], bias: readonly number[]) {
  const b = new GraphBuilder("three-layers");
  const one = (name: string) => b.initializer(name, float32([1, 0, 0, 0, 1, 0, 0, 0, 1], [3, 3, 1, 1]));
  const first = b.Conv(b.input("image", ["N", 3, "H", "W"]), one("first"));
  const diagonal = [0, 1, 2].flatMap((i) => [0, 1, 2].map((j) => (i === j ? (weights[i] as number) : 0)));
  const middle = b.Conv(
    first,
    b.initializer("w", float32(diagonal, [3, 3, 1, 1])),
    b.initializer("b", float32([...bias])),
  );
  b.output("result", b.Conv(b.Relu(middle), one("last")));
  return b.build();
}

async function run(graph: ReturnType<typeof threeLayers>, image: Tensor): Promise<Float32Array> {
  const session = await Session.create(graph);
  const { data } = Object.values(await session.run({ image }))[0] as Tensor;
  await session.release();
  return data as Float32Array;
}

test("the middle convolution computes Jacob et al.'s scheme: q = round(x / s) + z, w in int8 for each channel, Relu by the range", async () => {
  const [weights, bias] = [
    [0.3, -2, 0.5],
    [0.1, 0.5, -0.2],
  ];
  const graph = threeLayers(weights, bias);
  const plan = planQuantization(graph);
  assert.equal(plan.convolutions.size, 1);
  const [input = "", output = ""] = [...plan.activations];
  const ranges = new Map([
    [input, { min: -0.5, max: 1 }],
    [output, { min: 0, max: 1.2 }],
  ]);
  const values = Float32Array.from({ length: 3 * 40 }, (_, i) => 1.6 * Math.sin(i + 1));
  const found = await run(quantized(graph, plan, ranges), float32(values, [1, 3, 5, 8]));
  const [inputScale, outputScale, zero] = [1.5 / 255, 1.2 / 255, Math.round((0.5 * 255) / 1.5)];
  for (const [i, value] of values.entries()) {
    const channel = Math.floor(i / 40);
    const byte = Math.min(Math.max(Math.round(value / inputScale) + zero, 0), 255);
    const scale = Math.abs(weights[channel] as number) / 63;
    const sum =
      (byte - zero) * Math.sign(weights[channel] as number) * 63 +
      Math.round((bias[channel] as number) / (scale * inputScale));
    const expected = outputScale * Math.min(Math.max(Math.round((sum * scale * inputScale) / outputScale), 0), 255);
    assert.ok(
      Math.abs((found[i] as number) - expected) <= outputScale * 1.001,
      `value ${i}: ${found[i]}, not ${expected}`,
    );
  }
});

test("of the pyramid, the convolutions that read the image or make the result stay in float32", () => {
  const graph = patterned(findNetwork("pyramid-s", 4).build(4, 0));
  const names = [...planQuantization(graph).convolutions].map(({ inputs }) => inputs[1] ?? "");
  assert.ok(names.includes("block0.conv1.weight") && names.includes("up.conv2.weight"), names.join());
  assert.ok(!names.some((name) => /^(head|tail|fixed)/.test(name)), names.join());
});
