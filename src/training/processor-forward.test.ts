import assert from "node:assert/strict";
import { test } from "node:test";
import type { DistanceName } from "../objectives/distances.js";
import type { ImageLoss } from "../objectives/image-loss.js";
import { findObjective } from "../objectives/index.js";
import { GraphBuilder } from "../onnx/builder.js";
import type { Graph } from "../onnx/graph.js";
import { float32, int64, sizeOf, type Tensor } from "../onnx/tensor.js";
import { LOGITS } from "../recognition/model.js";
import { Session, type Tensors } from "../runtime/session.js";
import { adamScalars, BETA1, momentsOf } from "./adam.js";
import { LAMBDA, processorForward, SQUARED_ERROR } from "./processor-forward.js";
import { scalars, trainingStep } from "./step.js";

/** size · sin(0.7 i + phase) + shift, as in the PyTorch program that computed the reference values. */
const wave = (shape: readonly number[], phase: number, size: number, shift = 0): Tensor =>
  float32(
    Float32Array.from({ length: sizeOf(shape) }, (_, i) => size * Math.sin(0.7 * i + phase) + shift),
    shape,
  );

const SIDE = 4;
const image = [2, 3, SIDE, SIDE];
const feeds = { degraded: wave(image, 0.1, 0.5, 0.5), clean: wave(image, 0.4, 0.4, 0.5), labels: int64([1, 2]) };

/** A 3x3 convolution with bias: P, or T if `prefix` is that of T's weights. */
function convolution(prefix: string, phase: number, size: number): Graph {
  const b = new GraphBuilder("convolution");
  const x = b.input("image", ["N", 3, "H", "W"]);
  const weight = b.initializer(`${prefix}weight`, wave([3, 3, 3, 3], phase, size));
  const bias = b.initializer(`${prefix}bias`, wave([3], phase + 1, 0.1));
  b.output("restored", b.Conv(x, weight, bias, { pads: [1, 1, 1, 1] }));
  return b.build();
}

/**
 * R with three classes: convolution, ReLU, global average pooling, matrix product. "scores and features" also outputs the
 * feature map after the ReLU; "features" outputs both values as compared features.
 */
function recognizer(phase: number, kind: "scores" | "scores and features" | "features" = "scores"): Graph {
  const b = new GraphBuilder("recognizer");
  const x = b.input("image", image);
  const conv = b.Conv(x, b.initializer("conv", wave([4, 3, 3, 3], 1 + phase, 0.5)), "", { pads: [1, 1, 1, 1] });
  const map = b.Relu(conv);
  if (kind !== "scores") b.output("feature0", map, [2, 4, SIDE, SIDE]);
  const head = b.initializer("head", wave([4, 3], 2 + phase, 3));
  b.output(kind === "features" ? "feature1" : LOGITS, b.MatMul(b.Flatten(b.GlobalAveragePool(map)), head), [2, 3]);
  return b.build();
}

interface Case {
  readonly title: string;
  readonly objective: string;
  readonly imageLoss?: ImageLoss;
  readonly distance?: DistanceName;
  readonly featureWeight?: number;
  readonly transformerWeight?: number;
  readonly latticeWeight?: number;
  readonly recognizers?: { graph: Graph; weight?: number }[];
}

const P = { weight: "weight", bias: "bias" };
const T = { weight: "transformer/weight", bias: "transformer/bias" };

/** The loss; per network, the sum over i of the weight's gradient times sin(i), and the bias's gradient. */
async function stepOf({ objective, recognizers = [{ graph: recognizer(0) }], ...kinds }: Case) {
  const forward = processorForward({
    processor: convolution("", 3, 0.2),
    trainNorms: true,
    objective: findObjective(objective),
    ...kinds,
    recognizers: objective === "plain" ? [] : recognizers,
    transformer: objective === "transformer" ? convolution("transformer/", 5, 0.3) : null,
    batch: 2,
    degradedSide: SIDE,
    cleanSide: SIDE,
  });
  const step = await trainingStep(forward);
  const session = await Session.create(step.graph, { threads: 1 });
  const results = await session.run({
    ...step.state,
    ...scalars({ ...adamScalars(1e-3, 1), [LAMBDA]: 0.3 }),
    ...feeds,
  });
  await session.release();
  // The first moment was 0, so it is now (1 - β₁) times the gradient.
  const gradient = (name: string): number[] => {
    const moment = results[step.next.get(momentsOf(name).first) ?? ""]?.data as Float32Array;
    return Array.from(moment, (value) => value / (1 - BETA1));
  };
  return {
    results,
    of: ({ weight, bias }: typeof P) => ({
      probe: gradient(weight).reduce((sum, value, i) => sum + value * Math.sin(i), 0),
      bias: gradient(bias),
    }),
  };
}

const numberIn = (results: Tensors, name: string) => Number(results[name]?.data[0]);

function assertNear(got: number, expected: number, name: string): void {
  assert.ok(Math.abs(got - expected) <= 2e-5 * Math.max(1, Math.abs(expected)), `${name}: ${got}, not ${expected}`);
}

/** Reference values from PyTorch 1.13 in double precision; λ is 0.3. */
const cases: (Case & { readonly expected: readonly [loss: number, probe: number, bias: readonly number[]] })[] = [
  {
    title: "plain",
    objective: "plain",
    expected: [0.75798914, 0.12663967, [-0.43839465, -0.46692693, -0.44621135]],
  },
  {
    title: "plain with the image loss l1",
    objective: "plain",
    imageLoss: "l1",
    expected: [0.73920783, 0.04874353, [-0.33333333, -0.25, -0.1875]],
  },
  {
    title: "plain with the image loss charbonnier",
    objective: "plain",
    imageLoss: "charbonnier",
    expected: [0.7392095, 0.04873794, [-0.33332204, -0.24999673, -0.18749947]],
  },
  {
    title: "ra",
    objective: "ra",
    expected: [1.54776406, 0.20674403, [-0.50228808, -0.53276395, -0.51397339]],
  },
  {
    title: "ra with two recognizers, the second with half the weight",
    objective: "ra",
    recognizers: [{ graph: recognizer(0) }, { graph: recognizer(1), weight: 0.5 }],
    expected: [1.96255921, 0.24325732, [-0.57977775, -0.61073583, -0.5924054]],
  },
  {
    title: "unsupervised",
    objective: "unsupervised",
    expected: [0.77134266, 0.12890551, [-0.43924351, -0.4678506, -0.44720957]],
  },
  {
    title: "unsupervised with the distance kl",
    objective: "unsupervised",
    distance: "kl",
    expected: [0.86388047, 0.14894063, [-0.44337065, -0.47270896, -0.45279778]],
  },
  {
    title: "unsupervised with the distance logits-mse",
    objective: "unsupervised",
    distance: "logits-mse",
    expected: [1.34776511, 0.27739095, [-0.48465998, -0.51852344, -0.50312456]],
  },
  {
    title: "feature with two feature maps",
    objective: "feature",
    recognizers: [{ graph: recognizer(0, "features") }],
    expected: [2.54886163, 0.44316448, [-0.48254726, -0.52275818, -0.51370563]],
  },
  {
    title: "ra with feature weight 2",
    objective: "ra",
    featureWeight: 2,
    recognizers: [{ graph: recognizer(0, "scores and features") }],
    expected: [5.63952601, 0.68768586, [-0.43793495, -0.48735901, -0.48752958]],
  },
  {
    title: "unsupervised with feature weight 2",
    objective: "unsupervised",
    featureWeight: 2,
    recognizers: [{ graph: recognizer(0, "scores and features") }],
    expected: [4.86310461, 0.60984734, [-0.37489037, -0.42244565, -0.42076576]],
  },
];

for (const { expected, ...each } of cases)
  test(`${each.title}: loss and gradients equal PyTorch's`, async () => {
    const [loss, probe, bias] = expected;
    const { results, of } = await stepOf(each);
    assertNear(numberIn(results, "loss"), loss, "loss");
    assertNear(of(P).probe, probe, "gradient of the weight");
    for (const [i, value] of bias.entries()) assertNear(of(P).bias[i] as number, value, `gradient of bias ${i}`);
    assertNear(numberIn(results, SQUARED_ERROR), 0.75798914, "squared error");
  });

test("transformer: gradients equal PyTorch's, P's of the image loss only and T's of the recognition loss only", async () => {
  const { results, of } = await stepOf({ title: "transformer", objective: "transformer" });
  assertNear(numberIn(results, "loss"), 0.75798914 + 2.091451, "loss");
  assertNear(of(P).probe, 0.12663967, "gradient of P's weight");
  assertNear(of(T).probe, -0.19647663, "gradient of T's weight");
  for (const [i, value] of [-0.08737078, -0.08951989, -0.09164371].entries())
    assertNear(of(T).bias[i] as number, value, `gradient of T's bias ${i}`);
});

test("with `transformerWeight`, T's gradients equal PyTorch's, and P's are still those of the image loss only", async () => {
  const { results, of } = await stepOf({ title: "weighted", objective: "transformer", transformerWeight: 2 });
  assertNear(numberIn(results, "loss"), 0.75798914 + 3.84754771, "loss");
  assertNear(numberIn(results, "loss.change"), 0.87804836, "change");
  assertNear(of(P).probe, 0.12663966, "gradient of P's weight");
  assertNear(of(T).probe, -0.70124592, "gradient of T's weight");
  for (const [i, value] of [-0.12191138, 0.01887941, 0.07180468].entries())
    assertNear(of(T).bias[i] as number, value, `gradient of T's bias ${i}`);
});

test("with `latticeWeight`, T's gradients equal PyTorch's for its own lattice loss, and P's for P's", async () => {
  const { results, of } = await stepOf({ title: "lattice", objective: "transformer", latticeWeight: 2 });
  assertNear(numberIn(results, "loss"), 1.3530707 + 5.89557047, "loss");
  assertNear(numberIn(results, "loss.lattice"), 0.29754078, "lattice loss of P");
  assertNear(numberIn(results, "loss.transformerLattice"), 1.90205974, "lattice loss of T");
  assertNear(of(P).probe, 0.48604921, "gradient of P's weight");
  assertNear(of(T).probe, -0.39404832, "gradient of T's weight");
});

test("a recognizer that is applied twice has its weights only once in the graph", async () => {
  const { graph } = processorForward({
    processor: convolution("", 3, 0.2),
    trainNorms: true,
    objective: findObjective("unsupervised"),
    recognizers: [{ graph: recognizer(0) }],
    batch: 2,
    degradedSide: SIDE,
    cleanSide: SIDE,
  });
  const shapes = [...graph.initializers.values()].map(({ shape }) => shape.join());
  assert.equal(shapes.filter((shape) => shape === "4,3,3,3").length, 1);
  assert.equal(graph.nodes.filter(({ op }) => op === "MatMul").length, 2);
});

test("a recognizer is applied once per image, even if both output and features are read", () => {
  const { graph } = processorForward({
    processor: convolution("", 3, 0.2),
    trainNorms: true,
    objective: findObjective("unsupervised"),
    featureWeight: 1,
    recognizers: [{ graph: recognizer(0, "scores and features") }],
    batch: 2,
    degradedSide: SIDE,
    cleanSide: SIDE,
  });
  assert.equal(graph.nodes.filter(({ op }) => op === "MatMul").length, 2);
});
