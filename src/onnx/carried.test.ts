import assert from "node:assert/strict";
import { test } from "node:test";
import { Session } from "../runtime/session.js";
import { decodeModel } from "./decode.js";
import { encodeModel } from "./encode.js";
import { ModelMessage, TypeMessage } from "./schema.js";
import { toNumbers } from "./tensor.js";

const text = (value: string) => new TextEncoder().encode(value);
const floats = (name: string, dims: number[], floatData: number[]) => ({ name, dims, dataType: 1, floatData });
const integers = (dims: number[], int64Data: number[]) => ({ dims, dataType: 7, int64Data });
const vector = (name: string, dims: number[] = [1, 4]) => ({
  name,
  type: { tensorType: { elemType: 1, shape: { dim: dims.map((dimValue) => ({ dimValue })) } } },
});

/** The bytes of a model with the given parts of its graph. */
const file = (graph: object, opset = 21): Uint8Array =>
  ModelMessage.encode({
    irVersion: 10,
    opsetImport: [{ domain: "", version: opset }],
    graph: { name: "g", input: [vector("x")], output: [{ name: "y" }], initializer: [], ...graph },
  }).finish();

const product = { opType: "MatMul", input: ["x", "w"], output: ["y"], attribute: [] };
const expected = [0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3];

for (const [name, indices] of [
  ["positions in the flat tensor", integers([2], [1, 11])],
  ["a position along each axis", integers([2, 2], [0, 1, 3, 2])],
] as const)
  test(`a sparse initializer with ${name} is read as the dense tensor`, () => {
    const sparse = { values: floats("w", [2], [2, 3]), indices, dims: [4, 3] };
    const { initializers } = decodeModel(file({ node: [product], sparseInitializer: [sparse] }));
    assert.deepEqual(initializers.get("w")?.shape, [4, 3]);
    assert.deepEqual(toNumbers(initializers.get("w") as never), expected);
  });

test("the sparse value of a Constant is read as the dense tensor", () => {
  const sparseTensor = { values: floats("", [2], [2, 3]), indices: integers([2], [1, 11]), dims: [4, 3] };
  const constant = {
    opType: "Constant",
    input: [],
    output: ["w"],
    attribute: [{ name: "sparse_value", type: 11, sparseTensor }],
  };
  const { initializers } = decodeModel(file({ node: [constant, product] }));
  assert.deepEqual(toNumbers(initializers.get("w") as never), expected);
});

for (const [name, sparse, message] of [
  ["an index outside", { indices: integers([2], [1, 12]), dims: [4, 3] }, /index outside/],
  ["a negative index", { indices: integers([2], [1, -1]), dims: [4, 3] }, /index outside/],
  ["too few indices", { indices: integers([1], [1]), dims: [4, 3] }, /2 values for indices of shape \[1\]/],
  ["10^12 elements", { indices: integers([2], [1, 2]), dims: [1e6, 1e6] }, /the most are 2\^26/],
] as const)
  test(`a sparse initializer with ${name} is refused in one sentence`, () => {
    const given = { values: floats("w", [2], [2, 3]), ...sparse };
    assert.throws(() => decodeModel(file({ node: [product], sparseInitializer: [given] })), message);
  });

test("texts, tensors of 4 bits and the type of an optional value survive reading and writing", async () => {
  const names = { name: "names", dims: [2], dataType: 8, stringData: [text("cat"), text("dög")] };
  const weights = { name: "w4", dims: [4, 3], dataType: 22, int32Data: [0xfa, 0x0f, 0x21, 0x43, 0x65, 0x07] };
  const dequantize = {
    opType: "DequantizeLinear",
    input: ["w4", "scale"],
    output: ["w"],
    attribute: [{ name: "axis", type: 2, i: 0 }],
  };
  const type = { tensorType: { elemType: 1 } };
  const absent = {
    opType: "Optional",
    input: [],
    output: ["none"],
    attribute: [{ name: "type", type: 13, tp: TypeMessage.encode(type).finish() }],
  };
  const graph = decodeModel(
    file({
      node: [dequantize, product, absent],
      initializer: [names, weights, floats("scale", [], [0.5])],
      output: [{ name: "y" }, { name: "names" }],
    }),
  );
  const again = decodeModel(encodeModel(graph));
  assert.deepEqual(again.initializers, graph.initializers);
  const session = await Session.create(again);
  const { y } = await session.run({ x: { type: "float32", shape: [1, 4], data: Float32Array.of(1, 0, 0, 0) } }, ["y"]);
  await session.release();
  // The low bits come first, signed: 0xfa is -6 and -1, 0x0f is -1.
  assert.deepEqual(y && toNumbers(y), [-3, -0.5, -0.5]);
});
