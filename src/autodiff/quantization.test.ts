import assert from "node:assert/strict";
import { test } from "node:test";
import { GraphBuilder, int } from "../onnx/builder.js";
import { withOutputs } from "../onnx/graph.js";
import { float32, type Tensor } from "../onnx/tensor.js";
import { probe } from "../runtime/probe.js";
import { Session } from "../runtime/session.js";
import { gradients } from "./gradients.js";

/** d Σ weight·dequantize(quantize(x)) / d x. */
async function throughQuantization(
  x: Tensor,
  weight: Tensor,
  scale: Tensor,
  zero: Tensor,
  axis = 1,
  block = 0,
): Promise<number[]> {
  return gradientThrough(x, weight, (b, value) => {
    const [s, z] = [b.constant(scale), b.constant(zero)];
    const attributes = { axis: int(axis), ...(block > 0 && { block_size: int(block) }) };
    return b.add("DequantizeLinear", [b.add("QuantizeLinear", [value, s, z], attributes), s, z], attributes);
  });
}

/** d Σ weight·f(x) / d x. */
async function gradientThrough(
  x: Tensor,
  weight: Tensor,
  f: (b: GraphBuilder, x: string) => string,
): Promise<number[]> {
  const b = new GraphBuilder("quantized");
  const back = f(b, b.input("x", x.shape));
  b.output("loss", b.ReduceSum(b.Mul(back, b.constant(weight)), undefined, false));
  const { graph, shapes } = await probe(b.build());
  const differentiated = gradients(graph, "loss", ["x"], shapes);
  const name = differentiated.gradients.get("x") as string;
  const session = await Session.create(withOutputs(differentiated.graph, [name]));
  const results = await session.run({ x });
  await session.release();
  return Array.from(results[name]?.data as Float32Array);
}

test("a gradient passes quantization unchanged inside the range of its type, and is 0 outside", async () => {
  // Scale 0.1, zero 28: the range of uint8 is -2.8 to 22.7.
  const x = float32([-5, -2.7, 0, 22.6, 23, 100]);
  const weight = float32([1, 2, 3, 4, 5, 6]);
  const zero: Tensor = { type: "uint8", shape: [], data: Uint8Array.of(28) };
  assert.deepEqual(await throughQuantization(x, weight, float32([0.1], []), zero, 0), [0, 2, 3, 4, 0, 0]);
});

test("each scale along an axis has its own range", async () => {
  // int8 with zero 0: the range of channel 0 ends at 12.7, that of channel 1 at 1.27.
  const x = float32([12, 1.2, -13, -1.3, 2, 2], [3, 2]);
  const weight = float32([1, 2, 3, 4, 5, 6], [3, 2]);
  const zero: Tensor = { type: "int8", shape: [2], data: Int8Array.of(0, 0) };
  const got = await throughQuantization(x, weight, float32([0.1, 0.01]), zero);
  for (const [i, expected] of [1, 2, 0, 0, 5, 0].entries())
    assert.ok(Math.abs((got[i] ?? 9) - expected) < 1e-5, `${got}`);
});

test("blocks of an axis have their own ranges, and the last block may be short", async () => {
  // int8 with zero 0: scales 0.1, 0.01 (row 0) and 0.02, 0.1 (row 1) for blocks of 2 and 1 elements.
  const x = float32([12, -13, 1.3, 2.5, 2.6, 12], [2, 3]);
  const weight = float32([1, 2, 3, 4, 5, 6], [2, 3]);
  const zero: Tensor = { type: "int8", shape: [2, 2], data: new Int8Array(4) };
  const got = await throughQuantization(x, weight, float32([0.1, 0.01, 0.02, 0.1], [2, 2]), zero, 1, 2);
  for (const [i, expected] of [1, 0, 0, 4, 0, 6].entries())
    assert.ok(Math.abs((got[i] ?? 9) - expected) < 1e-5, `${got}`);
});

test("a gradient passes dynamic quantization unchanged, and nothing comes through its scale", async () => {
  const x = float32([-1, 0.3, 2]);
  const weight = float32([1, 2, 3]);
  const got = await gradientThrough(x, weight, (b, value) => {
    const [y = "", scale = "", zero = ""] = b.addMany("DynamicQuantizeLinear", [value], {}, 3);
    return b.Mul(b.add("DequantizeLinear", [y, b.one, zero]), scale);
  });
  for (const [i, expected] of [1, 2, 3].entries()) assert.ok(Math.abs((got[i] ?? 9) - expected) < 1e-5, `${got}`);
});
