import assert from "node:assert/strict";
import { test } from "node:test";
import { GraphBuilder } from "../onnx/builder.js";
import { float32, type Tensor } from "../onnx/tensor.js";
import { Session } from "./session.js";

test("a model that reshapes int8 levels runs, although ONNX Runtime's own rewrite of it is invalid", async () => {
  const b = new GraphBuilder("reshaped levels");
  const [scale, zero] = [b.scalar(0.1), b.constant({ type: "int8", shape: [], data: Int8Array.of(3) })];
  const level = b.add("QuantizeLinear", [b.input("x", [1, 4]), scale, zero]);
  b.output("y", b.Neg(b.Reshape(b.add("DequantizeLinear", [level, scale, zero]), [2, 2])));
  const session = await Session.create(b.build());
  const { y } = await session.run({ x: float32([0.04, 1.06, -2, 99], [1, 4]) });
  await session.release();
  // The range of int8 with zero point 3 ends at (127 - 3)·0.1.
  for (const [i, value] of [0, -1.1, 2, -12.4].entries())
    assert.ok(Math.abs(Number((y as Tensor).data[i]) - value) < 1e-6, `${y?.data}`);
});

test("a model whose output is also padded for a convolution runs, although ONNX Runtime's own rewrite of it is invalid", async () => {
  const b = new GraphBuilder("padded output");
  const image = b.input("image", ["N", 1, 2, 2]);
  const one = b.constant(float32([2], [1, 1, 1, 1]));
  const feature = b.Clip(b.Conv(image, one), b.zero, b.scalar(6));
  b.output("feature", feature);
  const sum = b.constant(float32(Array(9).fill(1), [1, 1, 3, 3]));
  b.output("sum", b.Conv(b.Pad(feature, [0, 0, 1, 1, 0, 0, 1, 1], b.zero), sum));
  const session = await Session.create(b.build());
  const results = await session.run({ image: float32([1, 2, -1, 9], [1, 1, 2, 2]) });
  await session.release();
  assert.deepEqual([...(results.feature?.data ?? [])], [2, 4, 0, 6]);
  // Each 3×3 window around a pixel of a 2×2 image contains all of it.
  assert.deepEqual([...(results.sum?.data ?? [])], [12, 12, 12, 12]);
});
