import assert from "node:assert/strict";
import { test } from "node:test";
import { assertClose, gradientsOf, MICROSOFT, normal, outputsOf, readBack } from "../../testing/rewritten.js";
import type { Tensors } from "../runtime/session.js";
import { float, int, ints, string } from "./builder.js";
import { decodeModel } from "./decode.js";
import { encodeModel } from "./encode.js";
import { type Attribute, type Graph, OPSET } from "./graph.js";
import { float32, type Tensor, toNumbers } from "./tensor.js";

const SEED = 3;
/** Step of the central difference. */
const STEP = 1e-2;

/** A node of com.microsoft: its operator, attributes, float32 inputs by shape and further inputs; "" for a missing one. */
interface Case {
  readonly name: string;
  readonly op: string;
  readonly attributes?: Record<string, Attribute>;
  readonly inputs: readonly ("" | readonly number[] | Tensor)[];
  /** Positions of the inputs that are constants of the graph. */
  readonly constants?: readonly number[];
  readonly outputs?: number;
}

const int32 = (values: readonly number[], shape: readonly number[]): Tensor => ({
  type: "int32",
  shape,
  data: Int32Array.from(values),
});

const heads = { num_heads: int(4) };
const embedding = [[9, 16], [8, 16], [2, 16], [16], [16]] as const;
const [words, segments] = [int32([1, 8, 3, 3, 0, 5], [2, 3]), int32([0, 1, 1, 1, 0, 0], [2, 3])];
const [square, mask] = [Array.from({ length: 50 }, (_, i) => Number(i % 5 <= Math.floor(i / 5) % 5)), [1, 1, 1, 0, 0]];
const window = { kernel_shape: ints([3, 3]), pads: ints([1, 1, 1, 1]) };
const activation = (name: string, ...params: number[]): Record<string, Attribute> => ({
  activation: string(name),
  ...(params.length > 0 && { activation_params: { kind: "floats", value: params } as const }),
});

const attention = (name: string, more: Partial<Case>, sizes = [16, 48] as readonly [number, number]): Case => ({
  name,
  op: "Attention",
  attributes: heads,
  constants: [1, 2],
  ...more,
  inputs: [[2, 5, 16], sizes, [sizes[1]], ...(more.inputs ?? [])],
});

const cases: readonly Case[] = [
  attention("Attention", {}),
  attention("Attention with its own scale, causal", {
    attributes: { ...heads, scale: float(0.3), unidirectional: int(1) },
  }),
  attention("Attention with lengths", { inputs: [int32([3, 5], [2])] }),
  attention("Attention with a mask of keys", { inputs: [int32([...mask, 1, 1, 1, 1, 1], [2, 5])] }),
  attention("Attention with its own filter value", {
    attributes: { ...heads, mask_filter_value: float(-3) },
    inputs: [int32([...mask, 1, 1, 1, 1, 1], [2, 5])],
  }),
  attention("Attention with a mask of queries and keys", { inputs: [int32(square, [2, 5, 5])] }),
  attention("Attention with a bias of the scores", { inputs: ["", "", [1, 4, 5, 5]] }),
  attention(
    "Attention with narrower values",
    {
      attributes: { ...heads, qkv_hidden_sizes: ints([16, 16, 8]) },
    },
    [16, 40],
  ),
  attention("Attention with earlier keys", {
    attributes: { ...heads, unidirectional: int(1) },
    inputs: ["", [2, 2, 4, 3, 4]],
    outputs: 2,
  }),
  {
    name: "MultiHeadAttention",
    op: "MultiHeadAttention",
    attributes: heads,
    inputs: [
      [2, 5, 16],
      [2, 7, 16],
      [2, 7, 8],
    ],
  },
  {
    name: "MultiHeadAttention with bias and mask",
    op: "MultiHeadAttention",
    attributes: heads,
    inputs: [[2, 5, 16], [2, 5, 16], [2, 5, 8], [40], int32([...mask, 1, 1, 1, 1, 0], [2, 5])],
    constants: [3],
  },
  {
    name: "MultiHeadAttention of keys by head",
    op: "MultiHeadAttention",
    attributes: heads,
    inputs: [
      [2, 5, 16],
      [2, 4, 7, 4],
      [2, 4, 7, 4],
    ],
  },
  {
    name: "MultiHeadAttention with earlier keys",
    op: "MultiHeadAttention",
    attributes: heads,
    inputs: [[2, 5, 16], [2, 5, 16], [2, 5, 16], "", "", [1, 4, 5, 8], [2, 4, 3, 4], [2, 4, 3, 4]],
    outputs: 3,
  },
  ...[0, 1, 2, 3].flatMap((bits): Case[] => {
    const [a, b] = [bits & 1, bits >> 1];
    const attributes = { transA: int(a), transB: int(b), alpha: float(0.5) };
    const shapes = [a ? [2, 3, 4, 5] : [2, 3, 5, 4], b ? [2, 3, 6, 4] : [2, 3, 4, 6]];
    const behind = [a ? [4, 2, 3, 5] : [5, 2, 3, 4], b ? [6, 2, 3, 4] : [4, 2, 3, 6]];
    const batches = { transBatchA: int(1), transBatchB: int(1) };
    return [
      { name: `FusedMatMul with transA ${a}, transB ${b}`, op: "FusedMatMul", attributes, inputs: shapes },
      {
        name: `FusedMatMul with transA ${a}, transB ${b} and transposed batches`,
        op: "FusedMatMul",
        attributes: { ...attributes, ...batches },
        inputs: behind,
      },
    ];
  }),
  {
    name: "FusedGemm with LeakyRelu",
    op: "FusedGemm",
    attributes: { ...activation("LeakyRelu"), activation_alpha: float(0.2), transB: int(1), alpha: float(0.7) },
    inputs: [[3, 16], [6, 16], [6]],
  },
  {
    name: "FusedConv with Clip",
    op: "FusedConv",
    attributes: { ...activation("Clip", 0, 6), ...window },
    inputs: [[2, 3, 5, 5], [4, 3, 3, 3], [4]],
  },
  {
    name: "FusedConv with HardSigmoid and a sum",
    op: "FusedConv",
    attributes: { ...activation("HardSigmoid", 0.05, 0.4), ...window },
    inputs: [[2, 3, 5, 5], [4, 3, 3, 3], [4], [2, 4, 5, 5]],
  },
  { name: "Gelu", op: "Gelu", inputs: [[2, 5, 16]] },
  { name: "BiasGelu", op: "BiasGelu", inputs: [[2, 5, 16], [16]] },
  { name: "FastGelu", op: "FastGelu", inputs: [[2, 5, 16], [16]] },
  { name: "QuickGelu", op: "QuickGelu", attributes: { alpha: float(1.3) }, inputs: [[2, 5, 16]] },
  {
    name: "SkipLayerNormalization",
    op: "SkipLayerNormalization",
    attributes: { epsilon: float(1e-5) },
    inputs: [[2, 5, 16], [1, 5, 16], [16], [16], [16]],
  },
  {
    name: "SkipSimplifiedLayerNormalization",
    op: "SkipSimplifiedLayerNormalization",
    inputs: [[2, 5, 16], [2, 5, 16], [16]],
  },
  {
    name: "EmbedLayerNormalization",
    op: "EmbedLayerNormalization",
    inputs: [words, segments, ...embedding, int32([1, 1, 0, 1, 0, 0], [2, 3])],
    outputs: 2,
  },
  {
    name: "EmbedLayerNormalization of words alone",
    op: "EmbedLayerNormalization",
    inputs: [words, "", [9, 16], [8, 16], "", [16], [16]],
    outputs: 2,
  },
  { name: "Trilu", op: "Trilu", attributes: { upper: int(0) }, inputs: [[2, 5, 5]] },
  {
    name: "ConvTransposeWithDynamicPads",
    op: "ConvTransposeWithDynamicPads",
    attributes: { strides: ints([2, 2]), kernel_shape: ints([3, 3]) },
    inputs: [[1, 3, 5, 5], [3, 4, 3, 3], { type: "int64", shape: [4], data: BigInt64Array.of(1n, 1n, 1n, 1n) }],
    constants: [2],
  },
];

/** The graph of one node with the values of its inputs. The batch of the first input is free, as in most files. */
function graphOf({ op, attributes = {}, inputs, constants = [], outputs = 1 }: Case): { graph: Graph; feeds: Tensors } {
  const values = inputs.map((input, i) => input && ("data" in input ? input : normal(input, SEED + i, 0.5)));
  const named = values.flatMap((tensor, i) => (tensor ? [{ i, name: `in${i}`, tensor }] : []));
  const isConstant = ({ i }: { i: number }) => constants.includes(i);
  const made = Array.from({ length: outputs }, (_, i) => `out${i}`);
  const graph: Graph = {
    name: op,
    opsets: { "": OPSET, [MICROSOFT]: 1 },
    inputs: named
      .filter((one) => !isConstant(one))
      .map(({ i, name, tensor: { type, shape } }) => ({
        name,
        type,
        shape: i === 0 ? ["N", ...shape.slice(1)] : shape,
      })),
    outputs: made.map((name) => ({ name })),
    nodes: [
      {
        op,
        domain: MICROSOFT,
        name: op,
        inputs: values.map((tensor, i) => (tensor ? `in${i}` : "")),
        outputs: made,
        attributes,
      },
    ],
    initializers: new Map(named.filter(isConstant).map(({ name, tensor }) => [name, tensor])),
    metadata: {},
  };
  const fed = named.filter((one) => !isConstant(one)).map(({ name, tensor }) => [name, tensor] as const);
  return { graph, feeds: Object.fromEntries(fed) };
}

for (const one of cases)
  test(`${one.name}: outputs equal those of ONNX Runtime's operator, gradients its central differences`, async () => {
    const { graph, feeds } = graphOf(one);
    const read = readBack(graph);
    const expected = await outputsOf(graph, feeds);
    assertClose(await outputsOf(read, feeds), expected, 1e-6);
    const shape = expected.out0?.shape ?? [];
    const floats = Object.keys(feeds).filter((name) => feeds[name]?.type === "float32");
    const found = await gradientsOf(read, feeds, shape);
    for (const name of floats) await checkDifference(graph, feeds, name, found[name] as Tensor, shape);
  });

/** The slope of Σ output·weight along the gradient is the length of the gradient. */
async function checkDifference(graph: Graph, feeds: Tensors, name: string, gradient: Tensor, shape: readonly number[]) {
  const length = Math.hypot(...toNumbers(gradient));
  assert.ok(length > 0, name);
  const weight = toNumbers(normal(shape, 9));
  const lossAt = async (step: number) => {
    const x = toNumbers(feeds[name] as Tensor).map((v, i) => v + (step * Number(gradient.data[i])) / length);
    const { out0 } = await outputsOf(graph, { ...feeds, [name]: float32(x, feeds[name]?.shape) });
    return toNumbers(out0 as Tensor).reduce((sum, v, i) => sum + v * (weight[i] ?? 0), 0);
  };
  const slope = ((await lossAt(STEP)) - (await lossAt(-STEP))) / (2 * STEP);
  assert.ok(Math.abs(slope - length) <= 2e-3 * length, `d ${name} is ${length} long, the central difference ${slope}`);
}

test("the notes of a graph count the operators that were replaced", () => {
  const { graph } = graphOf(cases.find(({ name }) => name === "BiasGelu") as Case);
  assert.deepEqual(readBack(graph).notes, [
    "operators of ONNX Runtime are read as standard ones: BiasGelu ×1 → Add + Gelu",
  ]);
});

test("an operator of ONNX Runtime that no standard operator replaces stays, and runs", async () => {
  const { graph, feeds } = graphOf({ name: "", op: "Inverse", inputs: [[1, 3, 3]] });
  const read = decodeModel(encodeModel(graph));
  assert.deepEqual(
    read.nodes.map(({ domain, op }) => `${domain}.${op}`),
    ["com.microsoft.Inverse"],
  );
  assertClose(await outputsOf(read, feeds), await outputsOf(graph, feeds), 0);
  await assert.rejects(gradientsOf(read, feeds, [1, 3, 3]), /the operator com\.microsoft\.Inverse .* has no gradient/);
});

test("a node outside what its replacement covers stays", () => {
  const { graph } = graphOf({
    name: "",
    op: "Attention",
    attributes: heads,
    inputs: [[1, 5, 16], [16, 48], "", int32([1], [1, 1, 1, 1])],
  });
  // Masks of four axes are not covered.
  assert.equal(decodeModel(encodeModel(graph)).nodes[0]?.domain, MICROSOFT);
});
