import assert from "node:assert/strict";
import { test } from "node:test";
import { lossGradients } from "../inspection/gradient.js";
import { compactS } from "../networks/compact.js";
import { findObjective } from "../objectives/index.js";
import { GraphBuilder } from "../onnx/builder.js";
import type { Graph } from "../onnx/graph.js";
import { float32, int64, sizeOf, type Tensor } from "../onnx/tensor.js";
import { randomAt } from "../random.js";
import { Session } from "../runtime/session.js";
import { adamScalars } from "./adam.js";
import { type ProcessorForwardOptions, processorForward } from "./processor-forward.js";
import { nextState, scalars, trainingStep, withState } from "./step.js";
import { buildTransformer } from "./transformer.js";

function random(shape: readonly number[], seed: number): Tensor {
  const values = randomAt(seed);
  return float32(
    Float32Array.from({ length: sizeOf(shape) }, () => 0.3 * values.normal()),
    shape,
  );
}

/** Three layers with weights, whose names are `weights`, and values, whose names are `values`. */
function network(weights: readonly string[], values: readonly string[]): Graph {
  const b = new GraphBuilder("network");
  const image = b.input("x", [2, 3, 8, 8]);
  const conv = (x: string, i: number) =>
    b.add("Conv", [x, b.initializer(weights[i] as string, random([3, 3, 1, 1], i))], {}, values[i]);
  b.output("y", b.Tanh(weights.reduce((x, _, i) => conv(x, i), image)), [2, 3, 8, 8]);
  return b.build();
}

/** A classifier of these value names. */
function recognizer(weight: string, [features = "", pooled = "", flat = ""]: readonly string[]): Graph {
  const b = new GraphBuilder("recognizer");
  const image = b.input("image", [2, 3, 8, 8]);
  b.add("Conv", [image, b.initializer(weight, random([4, 3, 1, 1], 9))], {}, features);
  b.add("GlobalAveragePool", [features], {}, pooled);
  b.add("Flatten", [pooled], {}, flat);
  b.output("logits", flat, [2, 4]);
  return b.build();
}

const plainNames = ["w0", "w1", "w2", "w3", "w4", "w5", "w6", "w7"];
const taken = [
  ["degraded", "clean", "labels", "lambda", "loss", "squared-error", "goal.processor", "goal.transformer"],
  ["adam.rate", "adam.correction", "adam.m/w0", "adam.v/w0", "loss.image", "P/labels", "P/x", "T/image"],
  ["recognizer0/w", "recognizer0/0/v0", "constant_1", "Sub_1", "Mul_2", "Conv_3", "image", "restored"],
  [
    "transformer/head.weight",
    "transformer/tail.weight",
    "w0.next",
    "Identity_1",
    "ReduceMean_3",
    "logits",
    "grad",
    "weight/labels",
  ],
];
const plainValues = plainNames.map((_, i) => `v${i}`);

const images = { degraded: random([2, 3, 8, 8], 20), clean: random([2, 3, 8, 8], 21), labels: int64([1, 3]) };

/** The weights of a network after a training step, in the order of its initializers. */
async function trained(processor: Graph, options: Partial<ProcessorForwardOptions>): Promise<Tensor[]> {
  const [objective, recognizers] = [findObjective("ra"), [{ graph: recognizer("w", plainValues) }]];
  const sizes = { batch: 2, degradedSide: 8, cleanSide: 8, trainNorms: true };
  const step = await trainingStep(processorForward({ processor, objective, recognizers, ...sizes, ...options }));
  const session = await Session.create(step.graph);
  const rates = scalars({ ...adamScalars(1e-2, 1), lambda: 0.1 });
  const results = await session.run({ ...step.state, ...rates, ...images });
  const { initializers } = withState(processor, nextState(step, results), step.names);
  assert.deepEqual([...initializers.keys()], [...processor.initializers.keys()]);
  return [...initializers.values()];
}

for (const names of taken)
  test(`a processor whose weights have the names ${names.join(", ")} trains as with other names`, async () => {
    const expected = await trained(network(plainNames, plainValues), {});
    assert.deepEqual(await trained(network(names, plainValues), {}), expected);
  });

for (const names of taken)
  test(`a processor whose values have the names ${names.join(", ")} trains as with other names`, async () => {
    const expected = await trained(network(plainNames, plainValues), {});
    assert.deepEqual(await trained(network(plainNames, names), {}), expected);
  });

for (const names of taken)
  test(`a recognizer with the names ${names.slice(0, 4).join(", ")} trains as one with other names`, async () => {
    const expected = await trained(network(plainNames, plainValues), {});
    const [weight = "", ...values] = names.filter((name) => name !== "image" && name !== "logits");
    const recognizers = [{ graph: recognizer(weight, values) }];
    assert.deepEqual(await trained(network(plainNames, plainValues), { recognizers }), expected);
  });

test("a processor whose weights have the names of the transformer's trains with a transformer", async () => {
  const transformer = buildTransformer(compactS.name, 1);
  const names = [...transformer.initializers.keys()].slice(0, plainNames.length);
  const options = { objective: findObjective("transformer"), transformer };
  assert.equal(names.length, plainNames.length);
  const expected = await trained(network(plainNames, plainValues), options);
  assert.deepEqual(await trained(network(names, plainValues), options), expected);
});

test("a model that contains the names of a loss and of gradients is differentiated again with the same result", async () => {
  const names = [
    "legible.loss/loss",
    "legible.loss/value0",
    "legible.loss//loss",
    "grad.x",
    "loss",
    "value0",
    "Sum_1",
    "Mul_1",
  ];
  const tensors = { x: random([2, 3, 8, 8], 30), weight: random([2, 3, 8, 8], 31) };
  const options = { loss: "weighted-sum", allParameters: true } as const;
  const expected = await lossGradients(network(plainNames, plainValues), tensors, options);
  for (const graph of [network(names, plainValues), network(plainNames, names)]) {
    const found = await lossGradients(graph, tensors, options);
    assert.deepEqual(Object.values(found.gradients), Object.values(expected.gradients));
  }
});
