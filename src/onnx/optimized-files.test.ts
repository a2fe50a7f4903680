import assert from "node:assert/strict";
import { test } from "node:test";
import { assertClose, gradientsOf, normal, optimizedFile, outputsOf } from "../../testing/rewritten.js";
import { blockSize } from "../passes/block-size.js";
import { float, GraphBuilder, int, ints } from "./builder.js";
import { decodeMessage, decodeModel, graphOf } from "./decode.js";
import { encodeModel } from "./encode.js";
import type { Graph } from "./graph.js";
import { blockSizeOf, unblocked } from "./nchwc-weights.js";
import { float32, type Tensor } from "./tensor.js";

/** The operators of a file that are not standard, as the file has them. */
const ownOperators = (bytes: Uint8Array): Set<string> =>
  new Set(
    decodeMessage(bytes, "file").graph?.node.flatMap(({ domain, opType }) => (domain ? [`${domain}.${opType}`] : [])),
  );

/** Reads a file as `readModel` does. */
const read = async (bytes: Uint8Array): Promise<Graph> =>
  graphOf(decodeMessage(bytes, "file"), "file", await blockSize());

/** Convolutions of channels that are no multiples of 16, depthwise, with a sum, pools, a resize and several activations. */
function convolutions(): Graph {
  const b = new GraphBuilder("convolutions");
  let seed = 0;
  const weight = (...shape: number[]) => b.initializer(`w${++seed}`, normal(shape, seed, 0.3));
  const pads = { pads: [1, 1, 1, 1] };
  const conv = (x: string, from: number, to: number, options = {}) =>
    b.Conv(x, weight(to, from, 3, 3), weight(to), { ...pads, ...options });
  const x = b.Relu(conv(b.input("x", ["N", 3, 12, 12]), 3, 20));
  const deep = b.Sigmoid(b.Conv(x, weight(20, 1, 3, 3), weight(20), { ...pads, group: 20 }));
  const y = b.Relu(conv(deep, 20, 40, { strides: [2, 2] }));
  const sum = b.Relu(b.Add(b.Conv(y, weight(40, 40, 1, 1), weight(40)), y));
  const larger = b.Resize(b.MaxPool(sum, [2, 2], { strides: [2, 2] }), [1, 1, 2, 2], {});
  const z = b.add("LeakyRelu", [conv(larger, 40, 32)], { alpha: float(0.1) });
  const pooled = b.add("AveragePool", [z], { kernel_shape: ints([2, 2]), strides: ints([2, 2]) });
  b.output("y", b.Flatten(b.GlobalAveragePool(b.Tanh(conv(pooled, 32, 24)))));
  return b.build();
}

/** A transformer's block: normalization, attention with a scale, and Gelu by its definition. */
function transformer(): Graph {
  const b = new GraphBuilder("transformer");
  let seed = 20;
  const weight = (...shape: number[]) => b.initializer(`w${++seed}`, normal(shape, seed, 0.4));
  const x = b.input("x", ["N", 6, 16]);
  const normed = b.add("LayerNormalization", [x, weight(16), weight(16)], { axis: int(-1) });
  const [q, k, v] = [0, 1, 2].map(() => b.MatMul(normed, weight(16, 16))) as [string, string, string];
  const scores = b.Mul(b.MatMul(q, b.Transpose(k, [0, 2, 1])), b.scalar(0.25));
  const mixed = b.Add(x, b.MatMul(b.Softmax(scores, -1), v));
  const hidden = b.Add(b.MatMul(mixed, weight(16, 32)), weight(32));
  const erf = b.add("Erf", [b.Div(hidden, b.scalar(Math.SQRT2))]);
  const gelu = b.Mul(b.Mul(hidden, b.Add(erf, b.one)), b.scalar(0.5));
  b.output("y", b.Add(mixed, b.MatMul(gelu, weight(32, 16))));
  return b.build();
}

/** Convolutions between QuantizeLinear and DequantizeLinear, as tools write them (QDQ format). */
function quantized(): Graph {
  const b = new GraphBuilder("quantized");
  const zero = b.constant({ type: "uint8", shape: [], data: Uint8Array.of(128) });
  const level = (x: string, scale: number): string => {
    const s = b.scalar(scale);
    return b.add("DequantizeLinear", [b.add("QuantizeLinear", [x, s, zero]), s, zero]);
  };
  const weight = (shape: readonly number[], add: number): string => {
    const count = shape.reduce((product, size) => product * size, 1);
    const data = Int8Array.from({ length: count }, (_, i) => ((i * 37 + add) % 251) - 125);
    const zeros = b.constant({ type: "int8", shape: [], data: Int8Array.of(0) });
    return b.add("DequantizeLinear", [b.constant({ type: "int8", shape, data }), b.scalar(0.002), zeros]);
  };
  const x = level(b.input("x", ["N", 4, 8, 8]), 0.03);
  const first = level(b.Relu(b.Conv(x, weight([8, 4, 3, 3], 3), "", { pads: [1, 1, 1, 1] })), 0.03);
  const pooled = level(b.MaxPool(first, [2, 2], { strides: [2, 2] }), 0.03);
  const second = level(b.Conv(pooled, weight([8, 8, 3, 3], 70), "", { pads: [1, 1, 1, 1] }), 0.05);
  b.output("y", level(b.Add(second, pooled), 0.05));
  return b.build();
}

const graphs: readonly (readonly [Graph, readonly number[], readonly number[]])[] = [
  [convolutions(), [2, 3, 12, 12], [2, 24]],
  [transformer(), [2, 6, 16], [2, 6, 16]],
];

for (const [graph, shape, output] of graphs)
  for (const level of ["extended", "all"] as const)
    test(`${graph.name} that ONNX Runtime optimized at the level ${level} have the outputs and gradients of the original file`, async () => {
      const bytes = await optimizedFile(graph, level);
      const optimized = await read(bytes);
      assert.ok(ownOperators(bytes).size > 0, "nothing was fused");
      assert.deepEqual(
        [...new Set(optimized.nodes.map(({ domain }) => domain)), ...Object.keys(optimized.opsets)],
        ["", ""],
      );
      const readBy = new Set(optimized.nodes.flatMap(({ inputs }) => inputs));
      assert.deepEqual(
        [...optimized.initializers.keys()].filter((name) => !readBy.has(name)),
        [],
      );
      const feeds = { x: normal(shape, 1) };
      assertClose(await outputsOf(optimized, feeds), await outputsOf(graph, feeds), 1e-5);
      const [got, expected] = [await gradientsOf(optimized, feeds, output), await gradientsOf(graph, feeds, output)];
      assertClose(got, expected, 1e-5);
    });

test("the level all writes the blocked layout where this machine has one", async () => {
  const own = ownOperators(await optimizedFile(convolutions(), "all"));
  assert.equal(own.has("com.microsoft.nchwc.Conv"), (await blockSize()) !== null);
});

for (const level of ["extended", "all"] as const)
  test(`a quantized model at the level ${level} has the gradients of its QDQ form`, async () => {
    const graph = quantized();
    const bytes = await optimizedFile(graph, level);
    assert.ok([...ownOperators(bytes)].some((op) => op.includes("QLinear")));
    const optimized = await read(bytes);
    const feeds = { x: normal([2, 4, 8, 8], 1) };
    const [got, expected] = [await outputsOf(optimized, feeds), await outputsOf(graph, feeds)];
    assertClose(got, expected, 0.02);
    const shape = [2, 8, 4, 4];
    assertClose(await gradientsOf(optimized, feeds, shape), await gradientsOf(graph, feeds, shape), 0.02);
  });

/** A weight [O, I, 3, 3] in blocks, with zeros up to a multiple of the block, as ONNX Runtime writes it. */
function blocked(plain: Tensor, block: number): Tensor {
  const [outputs, inner] = plain.shape as [number, number];
  const up = (count: number) => Math.ceil(count / block) * block;
  const shape = [up(outputs), inner < block ? inner : up(inner), 3, 3] as const;
  const inputBlock = inner < block ? 1 : block;
  const data = new Float32Array(shape.reduce((product, size) => product * size, 1));
  for (let o = 0; o < outputs; o++)
    for (let i = 0; i < inner; i++)
      for (let tap = 0; tap < 9; tap++) {
        const row = Math.floor(o / block) * Math.ceil(shape[1] / inputBlock) + Math.floor(i / inputBlock);
        const place = ((row * 9 + tap) * inputBlock + (i % inputBlock)) * block + (o % block);
        data[place] = plain.data[(o * inner + i) * 9 + tap] as number;
      }
  return float32(data, shape);
}

const withWeights = (...weights: readonly Tensor[]): Graph => ({
  name: "blocked",
  opsets: { "": 21 },
  inputs: [{ name: "v0", type: "float32", shape: [1, 3, 8, 8] }],
  outputs: [{ name: `v${weights.length}` }],
  nodes: weights.map((_, i) => ({
    op: "Conv",
    domain: "com.microsoft.nchwc",
    name: `conv${i}`,
    inputs: [`v${i}`, `w${i}`],
    outputs: [`v${i + 1}`],
    attributes: { kernel_shape: ints([3, 3]), pads: ints([1, 1, 1, 1]) },
  })),
  initializers: new Map(weights.map((weight, i) => [`w${i}`, weight])),
  metadata: {},
});

for (const block of [8, 16])
  for (const channels of [20, 28, 33])
    test(`blocks of ${block} are told from the weights of ${channels} channels, and the weights come back in order`, () => {
      const plain = [normal([channels, 3, 3, 3], 1), normal([channels, channels, 3, 3], 2)];
      const weights = plain.map((weight) => blocked(weight, block));
      assert.equal(blockSizeOf(withWeights(...weights), undefined), block);
      for (const [i, weight] of weights.entries()) {
        const [, inner = 0] = weight.shape;
        const restored = unblocked(weight, block, i > 0);
        const own = plain[i] as Tensor;
        for (let o = 0; o < channels; o++)
          for (let c = 0; c < (own.shape[1] ?? 0); c++)
            assert.equal(restored[(o * inner + c) * 9 + 4], own.data[(o * (own.shape[1] ?? 0) + c) * 9 + 4]);
      }
    });

test("blocks that a file leaves open are those of this machine, or a sentence", () => {
  const graph = withWeights(normal([32, 3, 3, 3], 1), normal([32, 32, 3, 3], 2));
  assert.equal(blockSizeOf(graph, 16), 16);
  assert.equal(blockSizeOf(graph, 8), 8);
  assert.throws(
    () => blockSizeOf(graph, null),
    /blocked layout of another machine.*save the optimized model at the level `extended`/,
  );
});

test("a file in the blocked layout is not read without the block size", () => {
  const graph = withWeights(normal([32, 3, 3, 3], 1));
  assert.throws(() => decodeModel(encodeModel(graph)), /whose block size is not known/);
});
