import assert from "node:assert/strict";
import { test } from "node:test";
import { assertSameResults } from "../../testing/same-results.js";
import { compactS } from "../networks/compact.js";
import { srresnet } from "../networks/srresnet.js";
import { plain } from "../objectives/plain.js";
import { float, GraphBuilder, int, ints } from "../onnx/builder.js";
import type { Graph } from "../onnx/graph.js";
import { float32, sizeOf, type Tensor } from "../onnx/tensor.js";
import { randomAt } from "../random.js";
import type { Tensors } from "../runtime/session.js";
import { processorForward } from "../training/processor-forward.js";
import { type TrainingStep, trainingStep } from "../training/step.js";
import { blockSize } from "./block-size.js";
import { blockedLayout } from "./blocked-layout.js";
import { fastShuffle } from "./fast-shuffle.js";
import { fastTransposition } from "./fast-transposition.js";
import { foldNormalization } from "./fold-normalization.js";
import { applyPasses, findPasses, passes } from "./index.js";
import { microBatching } from "./micro-batching.js";
import { narrowConvolution } from "./narrow-convolution.js";
import { optimizeForInference } from "./optimize-for-inference.js";
import { parallelOperators } from "./parallel-operators.js";
import type { Pass } from "./pass.js";
import { pixelShuffle } from "./pixel-shuffle.js";
import { prelu } from "./prelu.js";

const seed = 1;

function randomTensor(shape: readonly number[], place: number): Tensor {
  const random = randomAt(seed, place);
  return float32(
    Float32Array.from({ length: sizeOf(shape) }, () => random.normal()),
    shape,
  );
}

/** Random values for every input of a graph. */
const feedsOf = (graph: Graph): Tensors =>
  Object.fromEntries(graph.inputs.map(({ name, shape }, i) => [name, randomTensor((shape ?? []) as number[], i)]));

const operatorsOf = (graph: Graph) => graph.nodes.map(({ domain, op }) => (domain ? `${domain}.${op}` : op));

/** Applies one pass, asserts that the graph computes the same, and returns its operators. */
async function rewrittenOperators(graph: Graph, pass: Pass): Promise<string[]> {
  const rewritten = await applyPasses(graph, [pass], pass.stage);
  await assertSameResults(graph, rewritten, feedsOf(graph));
  return operatorsOf(rewritten);
}

/** x [2, inputs, 9, 11] -> a convolution whose weight and bias are inputs of the graph. */
function convolution(
  b: GraphBuilder,
  inputs: number,
  outputs: number,
  kernel: [number, number],
  pads: number[],
): string {
  const x = b.input("x", [2, inputs, 9, 11]);
  const weight = b.input("weight", [outputs, inputs, ...kernel]);
  return b.Conv(x, weight, b.input("bias", [outputs]), { pads });
}

/** x [2, 3, 9, 11] through a convolution and a batch normalization, the running statistics constants. */
function normalized(training: boolean, bias: boolean): Graph {
  const b = new GraphBuilder("normalized");
  const constant = (name: string, shape: number[], place: number) => b.initializer(name, randomTensor(shape, place));
  const weight = constant("weight", [4, 3, 3, 3], 10);
  const y = b.Conv(b.input("x", [2, 3, 9, 11]), weight, bias ? constant("bias", [4], 11) : "", { pads: [1, 0, 1, 2] });
  const statistics = ["scale", "shift", "mean"].map((name, i) => constant(name, [4], 12 + i));
  const inputs = [y, ...statistics, b.initializer("variance", float32([0.5, 1, 2, 0.1]))];
  const outputs = training ? ["z", "new mean", "new variance"] : ["z"];
  for (const output of b.addMany("BatchNormalization", inputs, { training_mode: int(Number(training)) }, outputs))
    b.output(output, output);
  return b.build();
}

test("a frozen normalization folded into the convolution before it computes the same, with a bias and without", async () => {
  for (const bias of [true, false])
    assert.deepEqual(await rewrittenOperators(normalized(false, bias), foldNormalization), ["Conv"]);
});

test("a normalization in training mode is not folded", async () => {
  const operators = await rewrittenOperators(normalized(true, true), foldNormalization);
  assert.deepEqual(operators, ["Conv", "BatchNormalization"]);
});

test("a convolution without weights, which no runtime loads, is left as it is by every pass", () => {
  const b = new GraphBuilder("broken");
  const statistics = ["s", "o", "m", "v"].map((name) => b.initializer(name, float32([1, 1, 1])));
  b.output("y", b.add("BatchNormalization", [b.add("Conv", [b.input("x", ["N", 3, 8, 8])]), ...statistics]));
  assert.deepEqual(operatorsOf(optimizeForInference(b.build())), ["Conv", "BatchNormalization", "Identity"]);
});

test("a PRelu with one constant slope is a LeakyRelu", async () => {
  const b = new GraphBuilder("prelu");
  b.output("y", b.PRelu(b.input("x", [2, 5, 4, 3]), b.constant(float32([-0.25], [1, 1, 1]))));
  assert.deepEqual(await rewrittenOperators(b.build(), prelu), ["LeakyRelu", "Identity"]);
});

test("a pixel shuffle as two transpositions computes the same at open sizes, its activation within the convolution", async () => {
  for (const side of [2, 3]) {
    const b = new GraphBuilder("shuffle");
    const weight = b.constant(randomTensor([2 * side ** 2, 3, 3, 3], 7));
    const x = b.input("x", ["N", 3, "H", "W"]);
    const shuffled = b.DepthToSpace(b.Conv(x, weight, "", { pads: [1, 0, 1, 2] }), side, "CRD");
    const bent = b.add("LeakyRelu", [shuffled], { alpha: float(0.1) });
    b.output("y", b.Relu(b.DepthToSpace(b.Conv(bent, b.constant(randomTensor([side ** 2, 2, 1, 1], 8))), side, "CRD")));
    const graph = b.build();
    const rewritten = fastShuffle.apply(graph, { shapes: new Map(), block: null });
    assert.ok(!operatorsOf(rewritten).includes("DepthToSpace"));
    const [conv, activation] = operatorsOf(rewritten);
    assert.deepEqual([conv, activation], ["Conv", "LeakyRelu"]);
    for (const shape of [
      [2, 3, 5, 7],
      [1, 3, 4, 3],
    ])
      await assertSameResults(graph, rewritten, { x: randomTensor(shape, 9) });
  }
});

test("a pixel shuffle of mode DCR stays", () => {
  const b = new GraphBuilder("shuffle");
  b.output("y", b.DepthToSpace(b.input("x", [1, 8, 3, 5]), 2, "DCR"));
  const graph = b.build();
  assert.equal(fastShuffle.apply(graph, { shapes: new Map(), block: null }), graph);
});

test("PRelu as a sum computes the same, with one slope and with one slope per channel", async () => {
  for (const slope of [
    [1, 1, 1],
    [5, 1, 1],
  ]) {
    const b = new GraphBuilder("prelu");
    b.output("y", b.PRelu(b.input("x", [2, 5, 4, 3]), b.input("slope", slope)));
    assert.ok(!(await rewrittenOperators(b.build(), prelu)).includes("PRelu"));
  }
});

test("a transposition of several axes becomes a Gather of rows or two transpositions, and others stay", async () => {
  const operators = (shape: number[], perm: number[]) => {
    const b = new GraphBuilder("transposition");
    b.output("y", b.Transpose(b.input("x", shape), perm));
    return rewrittenOperators(b.build(), fastTransposition);
  };
  const gather = ["Reshape", "Gather", "Reshape", "Identity"];
  assert.deepEqual(await operators([1, 2, 2, 4, 12, 12, 16], [0, 3, 4, 1, 5, 2, 6]), gather);
  assert.deepEqual(await operators([2, 3, 4, 5, 6, 7, 8], [0, 5, 3, 1, 4, 2, 6]), gather);
  const two = ["Reshape", "Transpose", "Reshape", "Transpose", "Reshape", "Identity"];
  assert.deepEqual(await operators([4, 16, 4, 16, 3, 3], [0, 2, 4, 5, 3, 1]), two);
  assert.deepEqual(await operators([64, 3, 64, 3], [2, 0, 3, 1]), two);
  assert.deepEqual(await operators([64, 16, 16], [2, 1, 0]), two);
  for (const [shape, perm] of [
    [
      [64, 1, 16, 16],
      [1, 3, 0, 2],
    ],
    [
      [4, 64, 112, 57, 1],
      [4, 0, 1, 2, 3],
    ],
    [
      [7, 6, 5, 8, 9, 4],
      [5, 2, 0, 4, 1, 3],
    ],
    [
      [2, 3, 4, 5],
      [1, 3, 0, 2],
    ],
  ] as const)
    assert.deepEqual(await operators([...shape], [...perm]), ["Transpose", "Identity"], `[${shape}], [${perm}]`);
});

test("operators of one thread become operators of several, where values are large", async () => {
  const operators = (shape: number[], make: (b: GraphBuilder, x: string) => string) => {
    const b = new GraphBuilder("serial");
    b.output("y", make(b, b.input("x", shape)));
    return rewrittenOperators(b.build(), parallelOperators);
  };
  const large = [1, 16, 36, 33];
  const cases: [expected: string, (b: GraphBuilder, x: string) => string][] = [
    ["HardSigmoid", (b, x) => b.Cast(b.Greater(x, b.zero), "float32")],
    ["Clip", (b, x) => b.add("Min", [x, b.zero])],
    ["Clip", (b, x) => b.add("Min", [b.zero, x])],
    ["Add", (b, x) => b.Sum([x, x])],
    ["Split", (b, x) => b.Slice(x, [3], [1], [Number.MAX_SAFE_INTEGER])],
    ["Split", (b, x) => b.Slice(x, [-2], [-35], [-1])],
  ];
  for (const [expected, make] of cases) {
    assert.deepEqual(await operators(large, make), [expected, "Identity"]);
    assert.ok(!(await operators([1, 2, 5, 4], make)).includes(expected));
  }
  const kept: [kept: string, (b: GraphBuilder, x: string) => string][] = [
    ["Cast", (b, x) => b.Cast(b.Greater(x, b.one), "float32")],
    ["Min", (b, x) => b.add("Min", [x, b.one])],
    ["Sum", (b, x) => b.Sum([x, x, x])],
    ["Slice", (b, x) => b.Slice(x, [2, 3], [1, 1], [36, 33])],
    ["Slice", (b, x) => b.Slice(x, [3], [0], [33], [2])],
    ["Slice", (b, x) => b.Slice(x, [3], [-1], [-Number.MAX_SAFE_INTEGER], [-1])],
  ];
  for (const [op, make] of kept) assert.ok((await operators(large, make)).includes(op), op);
});

test("a convolution with few outputs computed by rows is the same, with uneven padding", async () => {
  const b = new GraphBuilder("narrow");
  b.output("y", convolution(b, 12, 3, [7, 5], [3, 1, 2, 4]));
  assert.ok((await rewrittenOperators(b.build(), narrowConvolution)).includes("Sum"));
});

test("a convolution with many outputs, a low kernel or strides is not computed by rows", async () => {
  const strided = new GraphBuilder("strided");
  const weight = strided.input("weight", [3, 12, 7, 5]);
  strided.output("y", strided.Conv(strided.input("x", [2, 12, 9, 11]), weight, "", { strides: [2, 1] }));
  const many = new GraphBuilder("many");
  many.output("y", convolution(many, 12, 24, [7, 5], [0, 0, 0, 0]));
  const low = new GraphBuilder("low");
  low.output("y", convolution(low, 12, 3, [3, 3], [0, 0, 0, 0]));
  for (const { b } of [{ b: strided }, { b: many }, { b: low }])
    assert.deepEqual(await rewrittenOperators(b.build(), narrowConvolution), ["Conv", "Identity"]);
});

/** A convolution, a pixel shuffle in mode CRD and a Relu. */
function shuffled(): Graph {
  const b = new GraphBuilder("shuffled");
  b.output("y", b.Relu(b.DepthToSpace(convolution(b, 16, 64, [3, 3], [1, 1, 1, 1]), 2, "CRD")));
  return b.build();
}

test("a pixel shuffle of reordered channels computes the same", async (t) => {
  if ((await blockSize()) === null) return t.skip("the runtime has no blocked layout on this processor");
  assert.ok((await rewrittenOperators(shuffled(), pixelShuffle)).includes("Gather"));
});

/** Two layers on three images, the first with 5.5 million features, which are also an output if `isOutput`. */
function large(isOutput: boolean): Graph {
  const b = new GraphBuilder("large");
  const first = b.PRelu(b.Conv(b.input("x", [3, 3, 168, 170]), b.input("weight", [64, 3, 1, 1])), b.scalar(0.2));
  b.output("y", b.Conv(first, b.input("second", [2, 64, 1, 1])));
  if (isOutput) b.output("first", first);
  return b.build();
}

test("layers with large values compute the same in a micro-batch of two images and one of the remaining image", async () => {
  const operators = await rewrittenOperators(large(false), microBatching);
  assert.deepEqual(operators, ["Split", ...["Conv", "PRelu", "Conv", "Conv", "PRelu", "Conv"], "Concat", "Identity"]);
});

test("layers with small values, or with a large value that has another reader, are not split into micro-batches", async () => {
  for (const graph of [shuffled(), large(true)])
    assert.ok(!(await rewrittenOperators(graph, microBatching)).includes("Split"));
});

test("convolutions in blocks compute the same: with whole blocks, few inputs, or outputs that do not fill a block", async (t) => {
  if ((await blockSize()) === null) return t.skip("the runtime has no blocked layout on this processor");
  for (const [inputs, outputs] of [
    [32, 48],
    [3, 32],
    [16, 29],
  ] as const) {
    const b = new GraphBuilder("blocked");
    const y = convolution(b, inputs, outputs, [3, 2], [1, 0, 2, 1]);
    b.output("y", b.Relu(y));
    b.output("before", y);
    assert.ok((await rewrittenOperators(b.build(), blockedLayout)).includes("com.microsoft.nchwc.Conv"));
  }
});

test("a chain in blocks is reordered once, and a value with a reader outside exists in the plain layout, too", async (t) => {
  if ((await blockSize()) === null) return t.skip("the runtime has no blocked layout on this processor");
  const b = new GraphBuilder("chain");
  const first = b.Relu(convolution(b, 16, 32, [3, 3], [1, 1, 1, 1]));
  const second = b.Conv(first, b.input("second", [32, 32, 3, 3]), "", { pads: [1, 1, 1, 1] });
  b.output("y", b.Add(b.Mul(second, b.scalar(0.5)), first));
  b.output("mean", b.ReduceMean(first, [0, 2, 3]));
  const operators = await rewrittenOperators(b.build(), blockedLayout);
  assert.equal(operators.filter((op) => op.endsWith("ReorderInput")).length, 1);
  assert.equal(operators.filter((op) => op.endsWith("ReorderOutput")).length, 2);
});

test("the sum of all elements of a value in blocks needs no reordering", async (t) => {
  if ((await blockSize()) === null) return t.skip("the runtime has no blocked layout on this processor");
  const b = new GraphBuilder("sums");
  const y = convolution(b, 16, 32, [3, 3], [1, 1, 1, 1]);
  b.output("all", b.ReduceSum(y, [0, 1, 2, 3]));
  assert.ok(!(await rewrittenOperators(b.build(), blockedLayout)).some((op) => op.endsWith("ReorderOutput")));
});

test("pixel shuffles and their reverse in blocks compute the same", async (t) => {
  if ((await blockSize()) === null) return t.skip("the runtime has no blocked layout on this processor");
  const b = new GraphBuilder("shuffles");
  b.output("large", b.DepthToSpace(b.input("x", [2, 64, 5, 3]), 2, "DCR"));
  b.output("small", b.SpaceToDepth(b.input("z", [2, 16, 6, 4]), 2));
  const operators = await rewrittenOperators(b.build(), blockedLayout);
  assert.ok(!operators.includes("DepthToSpace") && !operators.includes("SpaceToDepth"));
});

test("a convolution with constant weights or groups stays as it is", async () => {
  const b = new GraphBuilder("constant");
  const x = b.input("x", [1, 32, 6, 6]);
  b.output("y", b.Conv(x, b.initializer("w", randomTensor([32, 32, 3, 3], 1))));
  b.output(
    "z",
    b.add("Conv", [x, b.input("v", [32, 16, 3, 3])], { group: { kind: "int", value: 2 }, pads: ints([1, 1, 1, 1]) }),
  );
  assert.deepEqual(await rewrittenOperators(b.build(), blockedLayout), ["Conv", "Identity", "Conv", "Identity"]);
});

test("a graph stays as it is if the processor has no blocked layout", () => {
  const graph = shuffled();
  const context = { shapes: new Map(), block: null };
  assert.equal(blockedLayout.apply(graph, context), graph);
  assert.deepEqual(operatorsOf(pixelShuffle.apply(graph, context)), operatorsOf(graph));
});

/** A step that outputs the loss and the first moments of Adam, which are proportional to the gradients in the first step. */
function onlyGradients({ graph, next }: TrainingStep): Graph {
  const b = GraphBuilder.from({ ...graph, outputs: [] });
  b.output("loss", "loss");
  // The gradients of a bias before a normalization are 0 up to rounding.
  const moments = [...next].filter(([name]) => /^adam.m.*(weight|slope)$/.test(name));
  for (const [name, value] of moments) b.output(`new ${name}`, value);
  return b.build();
}

for (const network of [srresnet, compactS])
  test(`a training step of ${network.name} computes the same with every pass and with none`, async () => {
    const forward = processorForward({
      processor: network.build(4, 0),
      trainNorms: true,
      objective: plain,
      batch: 2,
      degradedSide: 16,
      cleanSide: 64,
    });
    const [naive, rewritten] = [await trainingStep(forward, []), await trainingStep(forward, passes)];
    const [one, other] = [onlyGradients(naive), onlyGradients(rewritten)];
    const { degraded = randomTensor([], 0), clean = randomTensor([], 0), ...rest } = feedsOf(naive.graph);
    await assertSameResults(one, other, { ...rest, ...naive.state, degraded, clean }, 3e-4);
  });

test("a network optimized for inference computes the same for images of any size, and has no slow operator left", async () => {
  const graph = srresnet.build(4, 0);
  const optimized = optimizeForInference(graph);
  for (const size of [
    [2, 3, 12, 12],
    [1, 3, 9, 16],
  ]) {
    const image = graph.inputs[0]?.name ?? "";
    await assertSameResults(graph, optimized, { [image]: randomTensor(size, 0) });
  }
  for (const slow of ["PRelu", "BatchNormalization"]) assert.ok(!operatorsOf(optimized).includes(slow), slow);
});

test("passes are found by name, other devices get none that are for the CPU only, and an unknown name is an error", () => {
  assert.deepEqual(findPasses("prelu,blocked-layout", "cpu"), [prelu, blockedLayout]);
  assert.deepEqual(findPasses("prelu,blocked-layout", "webgpu"), [prelu]);
  assert.deepEqual(findPasses("none", "cpu"), []);
  assert.ok(!findPasses("all", "cuda").includes(blockedLayout));
  assert.throws(
    () => findPasses("faster", "cpu"),
    /unknown pass "faster" in `passes`: .* fold-normalization, pixel-shuffle, micro-batching/,
  );
});
