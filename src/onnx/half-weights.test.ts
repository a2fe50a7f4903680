import assert from "node:assert/strict";
import { test } from "node:test";
import { compactS } from "../networks/compact.js";
import { randomAt } from "../random.js";
import { Session } from "../runtime/session.js";
import { GraphBuilder, int } from "./builder.js";
import { decodeModel } from "./decode.js";
import { encodeModel } from "./encode.js";
import type { Graph } from "./graph.js";
import { inHalf, withHalfWeights } from "./half-weights.js";
import { typeCodes } from "./schema.js";
import { float32 } from "./tensor.js";

const operators = ({ nodes }: Graph) => nodes.map(({ op }) => op);

test("the conversion to float16 equals that of the runtime, ties, subnormals and infinities included", async () => {
  const random = randomAt(11);
  const values = [0, -0, 1, 65504, 65519.99, 65520, 1e9, -1e9, 2 ** -24, 2 ** -25, 1.0001 * 2 ** -25, 2 ** -14, 6.1e-5];
  const ties = [1 + 2 ** -11, 1 + 3 * 2 ** -11, 2 - 2 ** -11, 2 ** -14 - 2 ** -25, 2 ** -14 - 3 * 2 ** -25];
  for (let i = 0; i < 20_000; i++) values.push(random.normal() * 2 ** (random.integer(44) - 26));
  const x = float32([...values, ...ties, ...ties.map((tie) => -tie)]);
  const b = new GraphBuilder("cast");
  b.output("y", b.add("Cast", [b.input("x", ["N"])], { to: int(typeCodes.float16) }));
  const session = await Session.create(b.build());
  const { y } = await session.run({ x });
  await session.release();
  assert.deepEqual([...inHalf(x).data], [...(y?.data ?? [])]);
});

/** y = x·w with a matrix [8, 8] whose values are 0.1 except those given. */
function product(values: Readonly<Record<number, number>>, side = 8): Graph {
  const data = Float32Array.from({ length: side * side }, (_, i) => values[i] ?? 0.1);
  const b = new GraphBuilder("product");
  b.output("y", b.MatMul(b.input("x", [1, side]), b.initializer("w", float32(data, [side, side]))), [1, side]);
  return b.build();
}

test("a network with weights in float16 is read with the same float32 initializers, rounded, and without a note", () => {
  const network = compactS.build(2, 3);
  const { graph, kept } = withHalfWeights(network, new Set(["fixed.bicubic"]));
  assert.deepEqual(kept, []);
  const read = decodeModel(encodeModel(graph), "half.onnx");
  assert.deepEqual(read.notes, []);
  assert.deepEqual(operators(read), operators(network));
  for (const [name, { data, shape }] of network.initializers) {
    const found = read.initializers.get(name);
    assert.deepEqual(found?.shape, shape, name);
    const isRounded = shape.length === 4 && !name.startsWith("fixed.");
    // float16 has 11 significant bits; below 2^-14 it has steps of 2^-24.
    for (const [i, value] of data.entries()) {
      const error = Math.abs(Number(found?.data[i]) - Number(value));
      assert.ok(error <= (isRounded ? Math.max(Math.abs(Number(value)) * 2 ** -11, 2 ** -25) : 0), `${name}[${i}]`);
    }
  }
  assert.deepEqual(new Set(read.initializers.keys()), new Set(network.initializers.keys()));
});

test("weights that float16 cannot hold stay in float32: too large, not finite, or a row of tiny values", () => {
  const row = Object.fromEntries(Array.from({ length: 8 }, (_, i) => [16 + i, 1e-7 * (i + 1)]));
  for (const values of [{ 5: 65520 }, { 5: -1e6 }, { 5: Number.POSITIVE_INFINITY }, { 5: Number.NaN }, row]) {
    const { graph, kept } = withHalfWeights(product(values));
    assert.deepEqual(kept, ["w"], JSON.stringify(values));
    assert.deepEqual(operators(graph), operators(product(values)));
  }
  const zeros = Object.fromEntries(Array.from({ length: 8 }, (_, i) => [16 + i, 0]));
  for (const values of [{ 5: 65504 }, { 5: 1e-7 }, zeros]) assert.deepEqual(withHalfWeights(product(values)).kept, []);
});

test("small tensors, constants and values that are outputs stay in float32", () => {
  const types = ({ graph }: { graph: Graph }) => [...graph.initializers.values()].map(({ type }) => type);
  assert.deepEqual(types(withHalfWeights(product({}, 7))), ["float32"]);
  assert.deepEqual(types(withHalfWeights(product({}), new Set(["w"]))), ["float32"]);
  const output = { ...product({}), outputs: [{ name: "y" }, { name: "w" }] };
  assert.deepEqual(types(withHalfWeights(output)), ["float32"]);
  assert.deepEqual(types(withHalfWeights(product({}))), ["float16"]);
});

test("a Cast that is an output is not folded, and a float16 initializer that another node reads stays", async () => {
  const { graph } = withHalfWeights(product({ 3: 0.7 }));
  const [name = ""] = graph.initializers.keys();
  const asOutput: Graph = { ...graph, outputs: [...graph.outputs, { name: "w" }] };
  assert.deepEqual(operators(decodeModel(encodeModel(asOutput), "output.onnx")), operators(graph));
  const b = GraphBuilder.from(graph);
  b.output("shape", b.Cast(b.Shape(name), "float32"), [2]);
  const read = decodeModel(encodeModel(b.build()), "shared.onnx");
  assert.deepEqual([...read.initializers.keys()].sort(), ["w", name].sort());
  const session = await Session.create(read);
  const { y, shape } = await session.run({ x: float32(new Float32Array(8).fill(1), [1, 8]) });
  await session.release();
  assert.deepEqual([...(shape?.data ?? [])], [8, 8]);
  assert.ok(Math.abs(Number(y?.data[3]) - 1.4) < 1e-3);
});
